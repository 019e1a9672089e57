// The accelerator with ports that have C++ names. Reset enters through a register: as an input of the simulated design
// it would be one more term of every register's next value, evaluated at both edges of the clock.
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
  );
endmodule
