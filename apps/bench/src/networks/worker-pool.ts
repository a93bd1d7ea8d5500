/** @file Processes that fit networks, some at a time. */
import { type PeerCommand, PeerProcess } from '../speed/peer-process.ts';
import type { NetworksRequest } from './requests.ts';

/** Some processes of one command. */
export interface WorkerPool {
  /**
   * Sends a request to an idle process, which is started where there is none.
   *
   * @throws PeerError when the process fails; the next request gets another one
   */
  request<A extends object>(request: NetworksRequest): Promise<A>;
  /** Ends all processes. */
  dispose(): void;
}

/** Seconds that a process may take to start, and for one piece of work. */
const START_TIMEOUT = 120;
const WORK_TIMEOUT = 3600;

/** A pool; whoever uses it sends no more requests at a time than there should be processes. */
export const createWorkerPool = (command: PeerCommand): WorkerPool => {
  const idle: PeerProcess[] = [];
  const all = new Set<PeerProcess>();
  let disposed = false;
  const take = async (): Promise<PeerProcess> => {
    const free = idle.pop();
    if (free !== undefined) return free;
    const started = await PeerProcess.start(command, START_TIMEOUT);
    all.add(started);
    if (disposed) started.dispose();
    return started;
  };
  return {
    request: async <A extends object>(request: NetworksRequest) => {
      const worker = await take();
      try {
        const answer = await worker.request<A>(request, WORK_TIMEOUT);
        idle.push(worker);
        return answer;
      } catch (error) {
        // Whatever it has begun is lost with it.
        worker.dispose();
        all.delete(worker);
        throw error;
      }
    },
    dispose: () => {
      disposed = true;
      for (const worker of all) worker.dispose();
    },
  };
};
