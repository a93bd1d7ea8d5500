/**
 * @file The Python globals that a file of `torch.save` may use, and their replacements. Tensors become descriptions of
 *   their storage; a few other objects in checkpoints of training loops become inert values. Nothing is looked up,
 *   imported or called: names are compared with those below.
 *
 * Reference: PyTorch's `torch/_utils.py` (`_rebuild_tensor_v2`, `_rebuild_parameter`), `torch/serialization.py`
 * (`persistent_id`).
 */
import { FieldFileError } from '../field-file-error.ts';
import { type GlobalUse, HostValue, PickleDict, type PickleHost, type PickleValue } from './unpickler.ts';

/** The element types of storages, by the names of their classes in the module `torch`. */
const storageTypes = {
  FloatStorage: 'F32',
  DoubleStorage: 'F64',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
} as const;

/** The element type of a storage. */
export type StorageType = (typeof storageTypes)[keyof typeof storageTypes];

/** A block of elements, which several tensors may share. */
export class TorchStorage extends HostValue {
  readonly what = 'a storage';
  readonly type: StorageType;
  /** The last part of the name of its member in the file. */
  readonly key: string;
  /** The number of elements. */
  readonly size: number;

  constructor(type: StorageType, key: string, size: number) {
    super();
    this.type = type;
    this.key = key;
    this.size = size;
  }
}

/** A view of a storage. */
export class TorchTensor extends HostValue {
  readonly what = 'a tensor';
  readonly storage: TorchStorage;
  /** In elements, as the strides. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    super();
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** The result of calling a global. */
type Maker = (args: readonly PickleValue[]) => PickleValue;

/** A known global. */
class KnownGlobal extends HostValue {
  readonly what: string;
  readonly make: Maker | undefined;
  readonly storageType: StorageType | undefined;

  constructor(what: string, make?: Maker, storageType?: StorageType) {
    super();
    this.what = what;
    this.make = make;
    this.storageType = storageType;
  }
}

/** A value that a checkpoint may contain and a field does not need: a device, a data type, a NumPy scalar. */
class Inert extends HostValue {
  readonly what = 'a value that is not read';
}

const inert = new Inert();

const damaged = (what: string): FieldFileError => new FieldFileError('damaged-archive', `the pickle ${what}`);

/**
 * PyTorch has tensors of at most 64 axes (`at::kDimVectorStaticSize` aside, `TORCH_CHECK(ndim <= 64)` of its
 * iterators).
 */
const MAX_AXES = 64;

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const counts = (what: string, value: PickleValue | undefined): readonly number[] => {
  if (!Array.isArray(value) || value.length > MAX_AXES || !value.every(isCount))
    throw damaged(`makes a tensor whose ${what} is not a list of at most ${MAX_AXES} counts`);
  return value.slice() as number[];
};

/** `_rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks)` */
const rebuildTensor: Maker = ([storage, offset, size, stride]) => {
  if (!(storage instanceof TorchStorage) || !isCount(offset)) throw damaged('makes a tensor of no storage');
  const shape = counts('size', size);
  const strides = counts('stride', stride);
  if (strides.length !== shape.length) throw damaged('makes a tensor whose size and stride have different lengths');
  const isEmpty = shape.includes(0);
  const last = shape.reduce((place, length, axis) => place + (length - 1) * (strides[axis] as number), offset);
  if (!isEmpty && !(last < storage.size))
    throw damaged(`makes a tensor that ends beyond its storage: it needs element ${last} of ${storage.size}`);
  return new TorchTensor(storage, offset, shape, strides);
};

/** `_rebuild_parameter(data, requires_grad, backward_hooks)`: the tensor itself. */
const rebuildParameter: Maker = ([data]) => {
  if (!(data instanceof TorchTensor)) throw damaged('makes a parameter of no tensor');
  return data;
};

/** `OrderedDict()`, or of a list of pairs, as Python 2 wrote it. */
const orderedDict: Maker = ([items]) => {
  const dict = new PickleDict();
  if (items === undefined) return dict;
  if (!Array.isArray(items) || items.length > 0) throw damaged('makes an ordered dictionary with initial items');
  return dict;
};

const same: Maker = ([value = null]) => value;
const nothing: Maker = () => inert;

const known: ReadonlyMap<string, KnownGlobal> = new Map([
  ['torch._utils._rebuild_tensor', new KnownGlobal('a function', rebuildTensor)],
  ['torch._utils._rebuild_tensor_v2', new KnownGlobal('a function', rebuildTensor)],
  ['torch._utils._rebuild_parameter', new KnownGlobal('a function', rebuildParameter)],
  ['torch._utils._rebuild_parameter_with_state', new KnownGlobal('a function', rebuildParameter)],
  ['collections.OrderedDict', new KnownGlobal('a class', orderedDict)],
  ['torch.Size', new KnownGlobal('a class', same)],
  // What training loops store besides the state dict. The values are discarded.
  ['argparse.Namespace', new KnownGlobal('a class', orderedDict)],
  ...[
    'torch.device',
    'numpy.dtype',
    '_codecs.encode',
    'numpy.core.multiarray.scalar',
    'numpy._core.multiarray.scalar',
  ].map((name): [string, KnownGlobal] => [name, new KnownGlobal('a function', nothing)]),
  ...['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'].map(
    (name): [string, KnownGlobal] => [`torch.${name}`, new KnownGlobal('a data type')],
  ),
  ...Object.entries(storageTypes).map(([name, type]): [string, KnownGlobal] => [
    `torch.${name}`,
    new KnownGlobal('a class', undefined, type),
  ]),
]);

const ADVICE = 'save torch.save(model.state_dict(), path), which holds tensors alone';

const refuse = (name: string, use: GlobalUse): FieldFileError => {
  const shown = name.length > 120 ? `${name.slice(0, 120)}...` : name;
  const isModule = use === 'object' || name.startsWith('torch.nn.modules.');
  return new FieldFileError(
    'refused-pickle',
    isModule
      ? `the file holds a pickled object of the class '${shown}', perhaps a whole module, which only its own code can read; ${ADVICE}`
      : `the pickle asks for the global '${shown}', which is refused: tensors and plain values are read, and nothing is run; ${ADVICE}`,
  );
};

/** Replaces Python when a file of `torch.save` is read. */
export const torchHost: PickleHost = {
  global(module, name, use) {
    const found = known.get(`${module}.${name}`);
    if (found === undefined) throw refuse(`${module}.${name}`, use);
    return found;
  },
  call(callable, args) {
    const make = callable instanceof KnownGlobal ? callable.make : undefined;
    if (make === undefined) throw damaged('calls something that cannot be called');
    return make(args);
  },
  build(object, state) {
    // The state of a state dict has its modules' versions, that of a namespace its names.
    if (object instanceof PickleDict && object.entries === undefined && state instanceof PickleDict)
      object.entries = state.entries;
    else if (!(object instanceof PickleDict || object instanceof Inert || object instanceof TorchTensor))
      throw damaged('gives a state to something that has none');
  },
  persistent(id) {
    if (!Array.isArray(id)) throw damaged('has a persistent id that is not a tuple');
    const [tag, type, key, , size] = id;
    const storageType = type instanceof KnownGlobal ? type.storageType : undefined;
    if (tag !== 'storage' || storageType === undefined || typeof key !== 'string' || !isCount(size))
      throw damaged('has a persistent id that is not a storage');
    return new TorchStorage(storageType, key, size);
  },
};
