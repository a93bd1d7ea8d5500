/** @file Which peers are available on this machine, and the rates of their devices. */
import { pythonFile } from '../files.ts';
import type { RunProgress } from '../progress.ts';
import { formatRate } from './describe.ts';
import { type PeerCommand, PeerError, PeerProcess, PeerUnavailableError } from './peer-process.ts';
import type { PeerContext, PeerDefinition } from './peers.ts';
import { hasPython, setUpPython } from './python.ts';
import type { DeviceRate, PeerState } from './results.ts';

/** The peers to start, and what they need. */
export interface StartOptions {
  readonly peers: readonly PeerDefinition[];
  /** Where Python's environments are made. */
  readonly pythonFolder: string;
  /** An interpreter that has what all peers in Python need; if absent, each has an environment of its own. */
  readonly python?: string | undefined;
  /** Interpreters for some of the environments, by name; these come first. */
  readonly pythons?: Readonly<Record<string, string>>;
  /** Whether a peer on an emulated graphics card is left out. */
  readonly needsCard?: boolean;
  readonly signal: AbortSignal;
  readonly progress: RunProgress;
}

/** What was started. */
export interface Started {
  readonly commands: ReadonlyMap<string, PeerCommand>;
  /** The states of all peers, in their order. */
  readonly states: Readonly<Record<string, PeerState>>;
  readonly deviceRates: readonly DeviceRate[];
  /** A Python with numpy and PyTorch; `undefined` where none is installed yet. */
  readonly pytorchPython: string | undefined;
}

/** Timeouts in seconds. */
const START_TIMEOUT = 120;
const RATE_TIMEOUT = 120;

const reasonOf = (error: Error): string =>
  error instanceof PeerError && !(error instanceof PeerUnavailableError)
    ? `cannot be started: ${error.message}`
    : error.message;

/** Starts each peer once. A peer that is not available gets a state with the reason. */
export const startPeers = async (options: StartOptions): Promise<Started> => {
  const { peers, python, pythons = {}, pythonFolder, needsCard = false, signal, progress } = options;
  const commands = new Map<string, PeerCommand>();
  const states: Record<string, PeerState> = {};
  const deviceRates: DeviceRate[] = [];
  const optionsOf = (name: string) => ({
    ...{ name, signal, folder: pythonFolder, log: progress.log },
    requirements: pythonFile(`requirements-${name}.txt`),
  });
  const context: PeerContext = {
    python: async name => pythons[name] ?? python ?? setUpPython(optionsOf(name)),
    hasPython: name => pythons[name] !== undefined || python !== undefined || hasPython(optionsOf(name)),
  };
  for (const peer of peers) {
    signal.throwIfAborted();
    let process: PeerProcess | undefined;
    try {
      const command = await peer.command(context);
      process = await PeerProcess.start(command, START_TIMEOUT);
      const { versions, threads, device } = process.description;
      if (needsCard && device?.software) throw new Error(`its graphics card is emulated (${device.name})`);
      const rate =
        peer.rate &&
        (await process.rate(RATE_TIMEOUT).catch((error: Error) => {
          progress.log(`${peer.name}: the rate of its device cannot be measured: ${error.message}`);
          return undefined;
        }));
      if (peer.rate && rate !== undefined) deviceRates.push({ peer: peer.name, precision: peer.rate, rate });
      commands.set(peer.name, command);
      states[peer.name] = process.description;
      const parts = [
        ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
        `${threads} threads`,
        ...(rate === undefined ? [] : [`${formatRate(rate)} in large products`]),
      ];
      progress.log(`${peer.name}: ${parts.join(', ')}`);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      const reason = reasonOf(error);
      states[peer.name] = { unavailable: reason };
      progress.log(`${peer.name}: not run: ${reason}`);
    } finally {
      process?.dispose();
    }
  }
  const pytorchPython = context.hasPython('pytorch') ? await context.python('pytorch') : undefined;
  return { commands, states, deviceRates, pytorchPython };
};
