"""Makes golden.json, the numbers that metrics, filters and resizing are tested against.

    python make_golden.py && npx biome format --write golden.json        (from this folder)

Needs numpy, scipy, scikit-image and Pillow; golden.json records the versions it was made with. The inputs are random with a fixed
seed and are written with the results, rounded to float32 first, so that both sides start from equal numbers.
"""
import base64
import io
import json
import wave
from pathlib import Path

import numpy as np
import PIL
import scipy
import skimage
from PIL import Image
from scipy import ndimage
from scipy.io import wavfile
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

SEED = 20260601
rng = np.random.default_rng(SEED)


def smooth(*shape):
    noise = rng.random(shape)
    return ndimage.gaussian_filter(noise, [1.0] * len(shape[:2]) + [0.0] * len(shape[2:])) * 0.6 + noise * 0.4


def float32(array):
    return array.astype(np.float32).astype(np.float64)


def numbers(array):
    return [float(value) for value in np.asarray(array).ravel()]


def array(values):
    return {"shape": list(values.shape), "data": numbers(values)}


a = float32(smooth(17, 21, 3))
b = float32(np.clip(a + 0.1 * rng.standard_normal(a.shape), 0, 1))
grey_a, grey_b = a[..., 0], b[..., 0]

ssim = structural_similarity
paper = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
metrics = {
    "mse": mean_squared_error(a, b),
    "psnr": peak_signal_noise_ratio(a, b, data_range=1),
    "psnrRange2": peak_signal_noise_ratio(2 * a - 1, 2 * b - 1, data_range=2),
    "ssimGrey": ssim(grey_a, grey_b, data_range=1),
    "ssimColour": ssim(a, b, data_range=1, channel_axis=-1),
    "ssimWindow11": ssim(a, b, data_range=1, channel_axis=-1, win_size=11),
    "ssimPopulation": ssim(a, b, data_range=1, channel_axis=-1, use_sample_covariance=False),
    "ssimPaper": ssim(a, b, data_range=1, channel_axis=-1, **paper),
    "ssimPaperGrey": ssim(grey_a, grey_b, data_range=1, **paper),
    "ssimGaussianSample": ssim(a, b, data_range=1, channel_axis=-1, gaussian_weights=True),
    "ssimGaussianSigma1": ssim(a, b, data_range=1, channel_axis=-1, gaussian_weights=True, sigma=1.0),
    "ssimRange255": ssim(255 * a, 255 * b, data_range=255, channel_axis=-1),
}

small = float32(smooth(6, 7, 2))


def channels(function):
    return np.stack([function(small[..., c]) for c in range(small.shape[-1])], axis=-1)


filters = {"image": array(small), "sobel": {}, "laplace": {}, "magnitude": {}}
for mode in ["reflect", "nearest", "mirror", "wrap"]:
    filters["sobel"][mode] = [numbers(channels(lambda x: ndimage.sobel(x, axis=axis, mode=mode))) for axis in (0, 1)]
    filters["laplace"][mode] = numbers(channels(lambda x: ndimage.laplace(x, mode=mode)))
    filters["magnitude"][mode] = numbers(channels(lambda x: ndimage.generic_gradient_magnitude(x, ndimage.sobel, mode=mode)))

volume = float32(rng.random((3, 4, 5)))
filters["volume"] = {
    "image": array(volume[..., None]),
    "sobel": [numbers(ndimage.sobel(volume, axis=axis)) for axis in range(3)],
    "laplace": numbers(ndimage.laplace(volume)),
}

picture = float32(smooth(11, 14))
KERNELS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC, "area": Image.Resampling.BOX}
resize = {"image": array(picture[..., None]), "results": []}
for kernel, resampling in KERNELS.items():
    # Pillow's BOX counts whole pixels, so it is the exact area average only for whole factors.
    sizes = [(11, 7), (1, 1)] if kernel == "area" else [(5, 6), (11, 7), (23, 31), (4, 40), (1, 1), (11, 14)]
    for height, width in sizes:
        result = np.asarray(Image.fromarray(picture.astype(np.float32)).resize((width, height), resampling))
        resize["results"].append({"kernel": kernel, "height": height, "width": width, "data": numbers(result)})

wavs = []
for dtype, low, high in [("uint8", 0, 256), ("int16", -(2**15), 2**15), ("int32", -(2**31), 2**31), ("float32", -1, 1)]:
    values = rng.uniform(low, high, (5, 2)).astype(dtype)
    scale = {"uint8": 2**7, "int16": 2**15, "int32": 2**31, "float32": 1}[dtype]
    shift = 128 if dtype == "uint8" else 0
    stream = io.BytesIO()
    wavfile.write(stream, 11025, values)
    file = base64.b64encode(stream.getvalue()).decode()
    samples = numbers((values.astype(np.float64) - shift) / scale)
    wavs.append({"sampleFormat": dtype, "sampleRate": 11025, "channels": 2, "file": file, "samples": samples})
values = rng.integers(-(2**23), 2**23, 7)
stream = io.BytesIO()
with wave.open(stream, "wb") as writer:
    writer.setnchannels(1)
    writer.setsampwidth(3)
    writer.setframerate(48000)
    writer.writeframes(b"".join(int(value).to_bytes(3, "little", signed=True) for value in values))
file = base64.b64encode(stream.getvalue()).decode()
wavs.append({"sampleFormat": "int24", "sampleRate": 48000, "channels": 1, "file": file, "samples": numbers(values / 2**23)})

golden = {
    "made with": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-image": skimage.__version__, "Pillow": PIL.__version__},
    "seed": SEED,
    "metrics": {"a": array(a), "b": array(b), "results": {name: float(value) for name, value in metrics.items()}},
    "filters": filters,
    "resize": resize,
    "wavs": wavs,
}
Path(__file__).with_name("golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
