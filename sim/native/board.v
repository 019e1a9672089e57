// The accelerator with ports that have C++ names. Reset enters through a register: as an input of the simulated design
// it would be one more term of every register's next value, evaluated at both edges of the clock.
// With SAMPLE_MEMORY it has the pins of a sample memory of 16 bits.
module board (
    input clk,
    input rst,
    input [31:0] entropy,
    input [7:0] rx_payload,
    input rx_valid,
    output rx_ready,
    output [7:0] tx_payload,
    output tx_valid,
    input tx_ready,
    output busy
`ifdef SAMPLE_MEMORY
    ,
    output cke,
    output cs_n,
    output ras_n,
    output cas_n,
    output we_n,
    output [1:0] ba,
    output [12:0] a,
    output [1:0] dqm,
    output [15:0] dq_o,
    output dq_oe,
    input [15:0] dq_i
`endif
);
  reg reset = 1;
  always @(posedge clk) reset <= rst;

  accelerator accelerator (
      .clk(clk),
      .rst(reset),
      .entropy(entropy),
      .rx__payload(rx_payload),
      .rx__valid(rx_valid),
      .rx__ready(rx_ready),
      .tx__payload(tx_payload),
      .tx__valid(tx_valid),
      .tx__ready(tx_ready),
      .busy(busy)
`ifdef SAMPLE_MEMORY
      ,
      .pins__clk(),
      .pins__cke(cke),
      .pins__cs_n(cs_n),
      .pins__ras_n(ras_n),
      .pins__cas_n(cas_n),
      .pins__we_n(we_n),
      .pins__ba(ba),
      .pins__a(a),
      .pins__dqm(dqm),
      .pins__dq_o(dq_o),
      .pins__dq_oe(dq_oe),
      .pins__dq_i(dq_i)
`endif
  );
endmodule
