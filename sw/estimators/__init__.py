"""The accelerator as an estimator of scikit-learn and as a model of River: any features and labels, on any board by name."""
