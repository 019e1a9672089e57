// The accelerator as a peripheral of your own system: two registers of eight bits behind which it answers the protocol.
//
//   address 0  write: the next byte of a request      read: the next byte of a reply
//   address 1  read: bit 0, a byte can be written; bit 1, a byte can be read; bit 2, it computes or learns
//
// A write or a read takes the cycle in which `select` is high. A byte that is written while bit 0 is low is lost, and what is read
// while bit 1 is low is none: look first. `accelerator` comes from
//
//   .venv/bin/python -m hw.generate --geometry ulx3s-25f --output accelerator.v

module learner_on_a_bus (
    input  wire       clk,
    input  wire       rst,         // synchronous; the weights stay, the network must be configured again
    input  wire       select,
    input  wire       write,
    input  wire       address,
    input  wire [7:0] write_data,
    output wire [7:0] read_data,   // in the cycle of `select`
    output wire       busy
);
    wire       rx_ready, tx_valid;
    wire [7:0] tx_payload;

    // A stream holds its byte until it is taken (valid and ready in one cycle): the bus does not wait, this register does.
    reg [7:0] request = 0;
    reg       waiting = 0;
    always @(posedge clk)
        if (rst)
            waiting <= 0;
        else if (select && write && !address && !waiting) begin
            request <= write_data;
            waiting <= 1;
        end else if (rx_ready)
            waiting <= 0;

    accelerator learner (
        .clk(clk),
        .rst(rst),
        .rx__payload(request),
        .rx__valid(waiting),
        .rx__ready(rx_ready),
        .tx__payload(tx_payload),
        .tx__valid(tx_valid),
        .tx__ready(select && !write && !address),
        .entropy(32'd0),           // the moment of the first request is what makes the nonce unlike the last one
        .busy(busy)
    );

    assign read_data = address ? {5'd0, busy, tx_valid, !waiting} : tx_payload;
endmodule
