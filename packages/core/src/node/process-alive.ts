import { errorCode } from './file-error.ts';

/** Whether a process of this machine lives, also one of another user. */
export const isProcessAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM'; // alive, and somebody else's
  }
};
