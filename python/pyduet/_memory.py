"""Memory that both languages see: Python's tensors, and TypeScript's arrays."""

import struct
import sys

# --- Python's, for TypeScript ---------------------------------------------------

_CPU = 1
_DEVICES = {2: "CUDA", 4: "OpenCL", 7: "Vulkan", 8: "Metal", 10: "ROCm", 13: "CUDA", 14: "oneAPI"}

# DLTensor of dlpack.h: data, device type and number, ndim, type (code, bits, lanes), shape, strides, offset
_TENSOR = struct.Struct("=QiiiBBHQQQ")
_FORMATS = {
    0: {8: "b", 16: "h", 32: "i", 64: "q"},
    1: {8: "B", 16: "H", 32: "I", 64: "Q"},
    2: {16: "e", 32: "f", 64: "d"},
    5: {64: "Zf", 128: "Zd"},
    6: {8: "?"},
}


def size_of(format):
    """The bytes of an item of a format."""
    try:
        if "Z" in format:
            return 2 * struct.calcsize(format.replace("Z", ""))
        return struct.calcsize(format)
    except struct.error as error:
        raise ValueError("{!r} is no format of the struct module: {}".format(format, error)) from None


def tensor(value, writable):
    """(capsule, address, format, itemsize, shape, strides, readonly) by way of DLPack.

    The capsule is never consumed: the memory is there until it is dropped.
    """
    name = type(value).__name__
    export = getattr(value, "__dlpack__", None)
    if export is None:
        raise TypeError(
            "a bytes-like object is required, not {!r}; $.buffer() shows memory as it is, "
            "of bytes, bytearray, array, memoryview, numpy and others; "
            "$.toJs() converts the values of any object".format(name)
        )
    device, number = value.__dlpack_device__()
    if device != _CPU:
        where = _DEVICES.get(int(device), "DLPack type {}".format(int(device)))
        raise BufferError(
            "the memory of this {!r} is on device {} {}, where TypeScript cannot reach; "
            "copy it to the CPU first, in torch by .cpu()".format(name, where, number)
        )
    try:
        capsule = export(max_version=(1, 0))
    except TypeError:
        capsule = export()  # made before DLPack 1.0
    return (capsule,) + _read(capsule, name, writable)


def _read(capsule, name, writable):
    from ctypes import PYFUNCTYPE, c_char_p, c_int, c_void_p, py_object, pythonapi, string_at

    is_valid = PYFUNCTYPE(c_int, py_object, c_char_p)(("PyCapsule_IsValid", pythonapi))
    pointer_of = PYFUNCTYPE(c_void_p, py_object, c_char_p)(("PyCapsule_GetPointer", pythonapi))
    readonly = False
    if is_valid(capsule, b"dltensor_versioned"):
        at = pointer_of(capsule, b"dltensor_versioned")
        major, _, _, _, flags = struct.unpack("=IIQQQ", string_at(at, 32))
        if major != 1:
            raise BufferError("{!r} exports DLPack {}; version 1 is known".format(name, major))
        readonly = bool(flags & 1)
        at += 32
    elif is_valid(capsule, b"dltensor"):
        at = pointer_of(capsule, b"dltensor")
    else:
        raise BufferError("__dlpack__() of this {!r} gave no tensor: {!r}".format(name, capsule))
    if readonly and writable:
        raise BufferError("the memory of this {!r} is read-only".format(name))
    data, _, _, ndim, code, bits, lanes, shape_at, strides_at, offset = _TENSOR.unpack(
        string_at(at, _TENSOR.size)
    )
    format = _FORMATS.get(code, {}).get(bits) if lanes == 1 else None
    if format is None:
        raise BufferError(
            "no typed array has the elements of this {!r} (DLPack type {}, {} bits, {} lanes); "
            "convert them first, as to float32".format(name, code, bits, lanes)
        )
    integers = struct.Struct("={}q".format(ndim))
    shape = integers.unpack(string_at(shape_at, integers.size)) if ndim else ()
    itemsize = bits // 8
    strides = []
    if strides_at and ndim:
        strides = [n * itemsize for n in integers.unpack(string_at(strides_at, integers.size))]
    else:
        step = itemsize
        for length in reversed(shape):
            strides.insert(0, step)
            step *= length
    return data + offset, format, itemsize, shape, tuple(strides), readonly


# --- TypeScript's, for Python -----------------------------------------------------


def share(reference, address, length, format):
    """A memoryview of TypeScript's memory.

    Whatever views it, on any thread, keeps the exporter, and with it the reference to the number:
    until that is dropped, TypeScript keeps the memory.
    """
    from ctypes import c_ubyte

    if length:
        exporter = (c_ubyte * length).from_address(address)
    else:
        exporter = (c_ubyte * struct.calcsize(format))()  # of no length no memoryview can be cast
    view = memoryview(exporter).cast("B")
    if format == "e" and sys.version_info < (3, 12):
        view = _halves(view)
    elif format != "B":
        view = view.cast(format)
    exporter.js = reference
    return view if length else view[:0]


def _halves(view):
    """Before 3.12, memoryview.cast() does not know half floats; numpy does."""
    try:
        import numpy
    except ImportError:
        raise TypeError(
            "Python {}.{} has no memoryview of half floats without numpy; "
            "pass a Float32Array".format(*sys.version_info[:2])
        ) from None
    return memoryview(numpy.frombuffer(view, "e"))
