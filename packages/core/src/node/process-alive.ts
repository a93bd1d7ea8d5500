import { errorCode } from './file-error.ts';

/** Whether a process is running on this machine, of any user. */
export const isProcessAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM'; // running, but of another user
  }
};
