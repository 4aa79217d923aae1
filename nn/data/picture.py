"""A user's own picture, made into one column like those the classifiers were trained on."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.files import explain, open_file
from nn.errors import DataError, MissingPackageError

_EXPECTED = "a picture such as PNG or JPEG"


def picture_to_column(
    picture: str | os.PathLike[str] | NDArray[Any], size: int = 64
) -> NDArray[np.float64]:
    """Return one picture as a column, ready for ``predict``.

    Parameters
    ----------
    picture : str, path or ndarray
        A file with colours, greys, a palette or transparency (shown on white), turned as the
        camera noted; or an array (height, width), (height, width, 3) or (height, width, 4), uint8
        0..255 or float 0..1.
    size : int
        Another size is resampled to size x size, which squeezes a picture that is not square, as
        the course does.

    Returns
    -------
    ndarray of shape (size * size * 3, 1)
        Values 0..1.

    Raises
    ------
    DataError
        If it is no picture.
    MissingPackageError
        If Pillow is needed and missing.

    Examples
    --------
    >>> picture_to_column(np.full((64, 64, 3), 51, dtype=np.uint8))[:2]
    array([[0.2],
           [0.2]])
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise DataError(None, "size", repr(size), "a whole number of pixels, at least 1")
    pixels = _pixels(picture) if isinstance(picture, np.ndarray) else _read(os.fspath(picture))
    return _resampled(pixels, size).reshape(-1, 1) / 255


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingPackageError(
            "Reading or resizing a picture needs Pillow: pip install 'autograd-lite[plot]'"
        ) from error
    return Image


def _pixels(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Check an array of pixels; make it uint8 (height, width, 3), transparency shown on white."""
    kind = "an array (height, width), (height, width, 3) or (height, width, 4), none of them 0"
    if array.ndim not in (2, 3) or 0 in array.shape or array.shape[2:] not in ((), (3,), (4,)):
        raise DataError(None, "picture", f"an array of shape {array.shape}", kind)
    if array.dtype.kind == "f":
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise DataError(None, "picture", "floats outside 0..1", "floats 0..1, or uint8 0..255")
        array = np.rint(255 * array).astype(np.uint8)
    if array.dtype != np.uint8:
        raise DataError(None, "picture", f"dtype {array.dtype}", "uint8 0..255, or floats 0..1")
    if array.ndim == 2:
        return np.repeat(array[:, :, None], 3, axis=2)
    if array.shape[2] == 3:
        return array
    alpha = array[:, :, 3:] / 255
    on_white: NDArray[np.uint8] = np.rint(255 + alpha * (array[:, :, :3] - 255.0)).astype(np.uint8)
    return on_white


def _read(path: str) -> NDArray[np.uint8]:
    """Return the pixels of the first picture in a file, upright."""
    image_module = _pillow()
    try:
        source = open_file(path)
    except OSError as error:
        raise DataError(path, None, explain(error), _EXPECTED) from error
    bombs = (image_module.DecompressionBombError, image_module.DecompressionBombWarning)
    with source, warnings.catch_warnings():
        # Pillow warns of a picture of some hundred million pixels; here it is an error.
        warnings.simplefilter("error", image_module.DecompressionBombWarning)
        try:
            return _upright(image_module.open(source))
        except image_module.UnidentifiedImageError as error:
            raise DataError(path, None, "a file that is no picture", _EXPECTED) from error
        except bombs as error:
            raise DataError(path, None, "too many pixels to unpack", _EXPECTED) from error
        except Exception as error:  # decoders of damaged pictures raise nearly anything
            found = f"a damaged picture ({error})"
            raise DataError(path, None, found, "a whole picture") from error


def _upright(image: Any) -> NDArray[np.uint8]:
    from PIL import ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(
        "I"
    ):  # 16-bit greys, which Pillow would clip at 255 instead of scaling
        grey = np.clip(np.asarray(image, dtype=np.float64) / 65535, 0, 1)
        return _pixels(grey)
    return _pixels(np.asarray(image.convert("RGBA")))


def _resampled(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    if pixels.shape == (size, size, 3):  # and Pillow is not needed
        return pixels
    image_module = _pillow()
    image = image_module.fromarray(pixels)
    return np.asarray(image.resize((size, size), image_module.Resampling.LANCZOS))
