#include "pool.h"
#include <stdatomic.h>
#include "threads.h"
#if !defined(_WIN32)
#include <signal.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/** How often a thread looks for work, or the caller for its end, before it sleeps: some ten microseconds. */
#define SPINS 400

/** Each of them alone in its line of the cache. */
typedef struct {
  _Alignas(64) _Atomic unsigned taken;
  Thread thread;
  Pool *pool;
  int number;
} Worker;

struct Pool {
  int count, started;
  Mutex mutex;
  Condition work, end;
  bool is_ending;
  Share share;
  void *job;
  /** Counts the jobs. */
  _Alignas(64) _Atomic unsigned generation;
  _Alignas(64) _Atomic int done;
  Worker workers[];
};

static void pause_briefly(void) {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/** True for who may do a share in a generation. */
static bool claims(Worker *worker, unsigned generation) {
  unsigned taken = atomic_load(&worker->taken);
  return taken != generation && atomic_compare_exchange_strong(&worker->taken, &taken, generation);
}

static void finish_share(Pool *pool) {
  if (atomic_fetch_add(&pool->done, 1) + 1 < pool->count) return;
  lock_mutex(&pool->mutex);
  signal_one(&pool->end);
  unlock_mutex(&pool->mutex);
}

THREAD_FUNCTION(serve, argument) {
  Worker *worker = argument;
  Pool *pool = worker->pool;
  unsigned seen = 0;
  for (;;) {
    for (int i = 0; i < SPINS && atomic_load_explicit(&pool->generation, memory_order_relaxed) == seen; i++)
      pause_briefly();
    lock_mutex(&pool->mutex);
    while (atomic_load(&pool->generation) == seen && !pool->is_ending) wait_for(&pool->work, &pool->mutex);
    const bool is_ending = pool->is_ending;
    seen = atomic_load(&pool->generation);
    const Share share = pool->share;
    void *job = pool->job;
    // While the caller waits for the mutex it cannot begin another job, so this claims a share of the one just read.
    const bool is_mine = !is_ending && claims(worker, seen);
    unlock_mutex(&pool->mutex);
    if (is_ending) return 0;
    if (!is_mine) continue;
    share(job, worker->number, pool->count);
    finish_share(pool);
  }
}

Pool *create_pool(int count) {
  Pool *pool = allocate_aligned(64, sizeof(Pool) + count * sizeof(Worker));
  if (pool == NULL) return NULL;
  pool->count = count;
  pool->started = 0;
  pool->is_ending = false;
  init_mutex(&pool->mutex);
  init_condition(&pool->work);
  init_condition(&pool->end);
  atomic_init(&pool->generation, 0);
  atomic_init(&pool->done, 0);
  for (int number = 0; number < count; number++) {
    Worker *worker = &pool->workers[number];
    worker->pool = pool;
    worker->number = number;
    atomic_init(&worker->taken, 0);
  }
#if !defined(_WIN32)
  // Signals are for the threads of Node.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
#endif
  for (int number = 1; number < count; number++) {
    if (!start_thread(&pool->workers[number].thread, serve, &pool->workers[number])) break;
    pool->started = number;
  }
#if !defined(_WIN32)
  pthread_sigmask(SIG_SETMASK, &before, NULL);
#endif
  return pool;
}

void run_shares(Pool *pool, Share share, void *job) {
  lock_mutex(&pool->mutex);
  pool->share = share;
  pool->job = job;
  atomic_store(&pool->done, 0);
  unsigned generation = atomic_load(&pool->generation) + 1;
  // 0 is what nobody has claimed yet.
  if (generation == 0) generation = 1;
  atomic_store(&pool->generation, generation);
  signal_all(&pool->work);
  unlock_mutex(&pool->mutex);
  for (int number = 0; number < pool->count; number++) {
    if (!claims(&pool->workers[number], generation)) continue;
    share(job, number, pool->count);
    atomic_fetch_add(&pool->done, 1);
  }
  for (int i = 0; i < SPINS && atomic_load(&pool->done) < pool->count; i++) pause_briefly();
  if (atomic_load(&pool->done) == pool->count) return;
  lock_mutex(&pool->mutex);
  while (atomic_load(&pool->done) < pool->count) wait_for(&pool->end, &pool->mutex);
  unlock_mutex(&pool->mutex);
}

void dispose_pool(Pool *pool) {
  lock_mutex(&pool->mutex);
  pool->is_ending = true;
  signal_all(&pool->work);
  unlock_mutex(&pool->mutex);
  for (int number = 1; number <= pool->started; number++) join_thread(pool->workers[number].thread);
  dispose_condition(&pool->work);
  dispose_condition(&pool->end);
  dispose_mutex(&pool->mutex);
  free_aligned(pool);
}
