/** @file A peer in a process of its own, with timeouts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type {
  CheckAnswer,
  CheckRequest,
  Description,
  Failure,
  PrepareAnswer,
  PrepareRequest,
  RateAnswer,
  Request,
  StepDemands,
  StepsAnswer,
  StepsRequest,
  Unavailable,
} from '../protocol.ts';

/** How a peer is started. */
export interface PeerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A peer that failed: it said so, died, or was too slow and was stopped. */
export class PeerError extends Error {
  override readonly name: string = 'PeerError';
}

/** A peer that is not available on this machine. */
export class PeerUnavailableError extends PeerError {
  override readonly name: string = 'PeerUnavailableError';
}

/** How many characters of a peer's standard error are kept. */
const KEPT_ERROR = 4000;

const describeEnd = (code: number | null, signal: string | null, errorText: string): string => {
  const last = errorText.trim().split('\n').at(-1)?.trim() ?? '';
  const how =
    signal === 'SIGKILL'
      ? 'was killed, as the system does when memory runs out'
      : signal
        ? `was ended by ${signal}`
        : `ended with code ${code}`;
  return `the process ${how}${last === '' ? '' : `: ${last.slice(0, 300)}`}`;
};

/** A running peer. */
export class PeerProcess {
  readonly description: Description;
  readonly #child: ChildProcess;
  readonly #next: (seconds: number) => Promise<object>;

  private constructor(child: ChildProcess, next: (seconds: number) => Promise<object>, description: Description) {
    this.#child = child;
    this.#next = next;
    this.description = description;
  }

  /**
   * Starts a peer and waits for its description.
   *
   * @param seconds how long it may take
   * @throws PeerUnavailableError when it says that it is not available here, PeerError when it says nothing
   */
  static async start({ program, args, env = {} }: PeerCommand, seconds: number): Promise<PeerProcess> {
    // A process group of its own: otherwise Ctrl-C would end it before its measurements are written.
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, ...env },
    });
    const next = readAnswers(child);
    try {
      const first = (await next(seconds)) as Description | Unavailable;
      if ('unavailable' in first) throw new PeerUnavailableError(first.unavailable);
      return new PeerProcess(child, next, first);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  async #ask<P>(request: Request<P> | object, seconds: number): Promise<object> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const answer = (await this.#next(seconds)) as Failure | object;
    if ('error' in answer) throw new PeerError(answer.error);
    return answer;
  }

  /** @throws PeerError when it fails, dies or takes longer than `seconds` */
  async check<P>(request: Omit<CheckRequest<P>, 'work'>, seconds: number): Promise<CheckAnswer> {
    return (await this.#ask({ work: 'check', ...request }, seconds)) as CheckAnswer;
  }

  /** @throws PeerError when it fails, dies or takes longer than `seconds` */
  async prepare<P>(request: Omit<PrepareRequest<P>, 'work'>, seconds: number): Promise<PrepareAnswer> {
    return (await this.#ask({ work: 'prepare', ...request }, seconds)) as PrepareAnswer;
  }

  /** @throws PeerError when it fails, dies or takes longer than `seconds` */
  async steps(request: Omit<StepsRequest, 'work'>, seconds: number): Promise<StepsAnswer> {
    return (await this.#ask({ work: 'steps', ...request }, seconds)) as StepsAnswer;
  }

  /** @throws PeerError when it fails, dies or takes longer than `seconds` */
  async demands(steps: number, seconds: number): Promise<StepDemands> {
    return (await this.#ask({ work: 'demands', steps }, seconds)) as StepDemands;
  }

  /** In GFLOP/s. @throws PeerError when it fails, dies or takes longer than `seconds` */
  async rate(seconds: number): Promise<number> {
    return ((await this.#ask({ work: 'rate' }, seconds)) as RateAnswer).rate;
  }

  /** Any other request. @throws PeerError when it fails, dies or takes longer than `seconds` */
  async request<A extends object>(request: object, seconds: number): Promise<A> {
    return (await this.#ask(request, seconds)) as A;
  }

  /** Ends the process. */
  dispose(): void {
    this.#child.kill('SIGKILL');
  }
}

/**
 * Gives the answers of a child one by one; each call waits for one answer, and stops the child when it takes too long.
 */
const readAnswers = (child: ChildProcess): ((seconds: number) => Promise<object>) => {
  const answers: object[] = [];
  let failure: PeerError | undefined;
  let wake: () => void = () => undefined;
  let errorText = '';
  const fail = (message: string): void => {
    failure ??= new PeerError(message);
    wake();
  };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errorText = (errorText + text).slice(-KEPT_ERROR);
  });
  child.stdin?.on('error', () => undefined); // A dead child is reported by its end.
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', line => {
    try {
      answers.push(JSON.parse(line) as object);
    } catch {
      fail(`it wrote a line that is no answer: ${line.slice(0, 200)}`);
    }
    wake();
  });
  child.on('error', error => fail(`cannot be started: ${error.message}`));
  child.on('close', (code, signal) => fail(describeEnd(code, signal, errorText)));
  return async seconds => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>(resolve => {
      timer = setTimeout(() => {
        fail(`no answer within ${Math.round(seconds)} s`);
        child.kill('SIGKILL');
        resolve();
      }, 1000 * seconds);
    });
    try {
      while (answers.length === 0 && failure === undefined)
        await Promise.race([
          late,
          new Promise<void>(resolve => {
            wake = resolve;
          }),
        ]);
      const answer = answers.shift();
      if (answer === undefined) throw failure;
      return answer;
    } finally {
      clearTimeout(timer);
    }
  };
};
