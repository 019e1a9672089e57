"""What is known of the data sets that can be downloaded: their files, sizes, checksums and mirrors.

The checksums are of the unpacked IDX files, not of the gzip files around them: mirrors compress anew, the contents
stay the same.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ArchiveFile:
    """One gzip file of a data set: its name, and the size in bytes and SHA-256 of what it unpacks to."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A data set: its name, the folders on the net that hold it, in the order to try, and its files."""

    name: str
    mirrors: tuple[str, ...]
    files: tuple[ArchiveFile, ...]


def _files(train_images: str, train_labels: str, test_images: str, test_labels: str) -> tuple[ArchiveFile, ...]:
    return (
        ArchiveFile(name="train-images-idx3-ubyte.gz", size=16 + 60_000 * 784, sha256=train_images),
        ArchiveFile(name="train-labels-idx1-ubyte.gz", size=8 + 60_000, sha256=train_labels),
        ArchiveFile(name="t10k-images-idx3-ubyte.gz", size=16 + 10_000 * 784, sha256=test_images),
        ArchiveFile(name="t10k-labels-idx1-ubyte.gz", size=8 + 10_000, sha256=test_labels),
    )


MNIST = Archive(
    name="mnist",
    mirrors=("https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist"),
    files=_files(
        train_images="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        train_labels="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        test_images="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        test_labels="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)
FASHION_MNIST = Archive(
    name="fashion-mnist",
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
    ),
    files=_files(
        train_images="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        train_labels="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        test_images="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        test_labels="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
)
ARCHIVES = {archive.name: archive for archive in (MNIST, FASHION_MNIST)}
