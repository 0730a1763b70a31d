"""A capacity model of the service, with what it is fed and what it is held against, all from one run.

`queueing` has the textbook's formulas, `demands` what a payment asks of each party, `bounds` what follows from that on
paper and `simulation` what follows in a simulated machine; `calibration` measures the demands, `comparison` the real
system at loads that were predicted before. `document` writes the table into docs/scaling.md.
"""
