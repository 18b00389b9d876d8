"""Why a bundle is not read, or not written.

BundleError
  NotABundle                    another file: no zip, or none of this format
    BundleTruncated             it begins as one, but its end is missing
  BundleTampered                a checksum is wrong, or parts and manifest do not agree: changed after it was written
  BundleTooLarge                above a limit, or it would be once unpacked
  BundleUnsafe                  a path outside, a link, an encrypted part
  BundleInvalid                 a part holds what a bundle may not hold; the message names the first wrong field
  BundleNewer                   of a later version of the format

Messages are one short English sentence without a full stop; they can quote a few characters of the file.
"""


class BundleError(ValueError): ...


class NotABundle(BundleError): ...


class BundleTruncated(NotABundle): ...


class BundleTampered(BundleError): ...


class BundleTooLarge(BundleError): ...


class BundleUnsafe(BundleError): ...


class BundleInvalid(BundleError): ...


class BundleNewer(BundleError):
    """Of a later version.

    Attributes:
        version: the file's.
    """

    def __init__(self, version: int) -> None:
        super().__init__(f"the file is of version {version}; this app reads versions 1 to 4")
        self.version = version
