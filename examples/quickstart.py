"""Ten lines from numbers to a network that learns, in scikit-learn's way; with a board's name it learns on the chip."""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from metaplast import MetaplasticClassifier

X, X_new, y, y_new = train_test_split(*load_digits(return_X_y=True), random_state=1)
classifier = MetaplasticClassifier(board="compiled", hidden=(200,), epochs=5, random_state=1).fit(X, y)
print(f"{classifier.score(X_new, y_new):.1%} of {len(X_new)} digits that it has not seen")
classifier.save("digits.npz")
