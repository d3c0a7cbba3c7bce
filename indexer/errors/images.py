"""Pictures that are refused, and the decoder that reads them."""

from indexer.errors.base import IndexerError


class ImageRefused(IndexerError):
    """The file was refused."""


class ImageEmpty(ImageRefused):
    """The file is empty; send the original file again, or leave it out."""


class ImageTypeUnsupported(ImageRefused):
    """The file is not a JPEG, PNG or WebP picture; its name and declared type do not count, only its content."""


class ImageTooLarge(ImageRefused):
    """The picture claims more than {limit} megapixels or a side of over 65,500 pixels; send a smaller copy."""


class ImageTooSmall(ImageRefused):
    """The picture is {width} x {height} pixels; at least {limit} on each side are needed."""


class ImageCorrupt(ImageRefused):
    """The picture is damaged or cut short and cannot be read to its end; send the original file again."""


class ImageDecodeLimit(ImageRefused):
    """Reading the picture needed more time or memory than is allowed, or broke its reader."""


class DecoderUnavailable(IndexerError):
    """Pictures cannot be read just now: {reason}. This is no fault of the picture; `homeward doctor` looks further."""
