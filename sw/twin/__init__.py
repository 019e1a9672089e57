"""The twin: the accelerator as exact PyTorch integer arithmetic, module for module, for R networks at once.

Every tensor has a leading replica axis. Where a product runs through floating point (`torch.bmm` has no integer form
that is fast everywhere), the containers hold integers below 2²⁴ (float32) or 2⁵³ (float64): every sum is exact, in any
order, so that results do not depend on device, threads or block size.
"""
