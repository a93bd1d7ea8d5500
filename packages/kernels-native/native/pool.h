/**
 * @file Threads that share jobs: the caller's own, number 0, and others. Which share is whose is fixed by its number,
 *   so results depend on nothing but how many there are; the caller does the shares of threads that have not begun when
 *   its own is done, so no job waits for a thread that is busy elsewhere.
 */
#pragma once

typedef struct Pool Pool;

/** Does one share of a job. */
typedef void (*Share)(void *job, int thread, int threads);

/**
 * Starts `count - 1` threads, or as many as the system gives: all shares are done in any case. NULL where there is no
 * memory.
 */
Pool *create_pool(int count);

/** Does all shares of a job, and returns when they are done. One thread may call this at a time. */
void run_shares(Pool *pool, Share share, void *job);

/** Ends the threads. */
void dispose_pool(Pool *pool);
