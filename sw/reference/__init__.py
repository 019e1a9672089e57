"""The paper in floating point: binarised networks, the metaplastic step, and the baselines that it is measured by.

Laborieux, Ernoult, Hirtzlin, Querlioz, "Synaptic metaplasticity in binarized neural networks", Nature Communications
12:2549, 2021, called "the paper" here; "the published code" is github.com/Laborieux-Axel/SynapticMetaplasticityBNN.
"""
