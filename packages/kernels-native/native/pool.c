#include "pool.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/** How often a thread looks for work, or the caller for its end, before it sleeps: some ten microseconds. */
#define SPINS 400

/** Each of them alone in its line of the cache. */
typedef struct {
  _Alignas(64) _Atomic unsigned taken;
  pthread_t thread;
  Pool *pool;
  int number;
} Worker;

struct Pool {
  int count, started;
  pthread_mutex_t mutex;
  pthread_cond_t work, end;
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
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_signal(&pool->end);
  pthread_mutex_unlock(&pool->mutex);
}

static void *serve(void *argument) {
  Worker *worker = argument;
  Pool *pool = worker->pool;
  unsigned seen = 0;
  for (;;) {
    for (int i = 0; i < SPINS && atomic_load_explicit(&pool->generation, memory_order_relaxed) == seen; i++) pause_briefly();
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->generation) == seen && !pool->is_ending) pthread_cond_wait(&pool->work, &pool->mutex);
    const bool is_ending = pool->is_ending;
    seen = atomic_load(&pool->generation);
    const Share share = pool->share;
    void *job = pool->job;
    // While the caller waits for the mutex it cannot begin another job, so this claims a share of the one just read.
    const bool is_mine = !is_ending && claims(worker, seen);
    pthread_mutex_unlock(&pool->mutex);
    if (is_ending) return NULL;
    if (!is_mine) continue;
    share(job, worker->number, pool->count);
    finish_share(pool);
  }
}

Pool *create_pool(int count) {
  const size_t bytes = (sizeof(Pool) + count * sizeof(Worker) + 63) & ~(size_t)63;
  Pool *pool = aligned_alloc(64, bytes);
  if (pool == NULL) return NULL;
  pool->count = count;
  pool->started = 0;
  pool->is_ending = false;
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->work, NULL);
  pthread_cond_init(&pool->end, NULL);
  atomic_init(&pool->generation, 0);
  atomic_init(&pool->done, 0);
  for (int number = 0; number < count; number++) {
    Worker *worker = &pool->workers[number];
    worker->pool = pool;
    worker->number = number;
    atomic_init(&worker->taken, 0);
  }
  // Signals are for the threads of Node.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (int number = 1; number < count; number++) {
    if (pthread_create(&pool->workers[number].thread, NULL, serve, &pool->workers[number]) != 0) break;
    pool->started = number;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return pool;
}

void run_shares(Pool *pool, Share share, void *job) {
  pthread_mutex_lock(&pool->mutex);
  pool->share = share;
  pool->job = job;
  atomic_store(&pool->done, 0);
  unsigned generation = atomic_load(&pool->generation) + 1;
  // 0 is what nobody has claimed yet.
  if (generation == 0) generation = 1;
  atomic_store(&pool->generation, generation);
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->mutex);
  for (int number = 0; number < pool->count; number++) {
    if (!claims(&pool->workers[number], generation)) continue;
    share(job, number, pool->count);
    atomic_fetch_add(&pool->done, 1);
  }
  for (int i = 0; i < SPINS && atomic_load(&pool->done) < pool->count; i++) pause_briefly();
  if (atomic_load(&pool->done) == pool->count) return;
  pthread_mutex_lock(&pool->mutex);
  while (atomic_load(&pool->done) < pool->count) pthread_cond_wait(&pool->end, &pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
}

void dispose_pool(Pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  pool->is_ending = true;
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->mutex);
  for (int number = 1; number <= pool->started; number++) pthread_join(pool->workers[number].thread, NULL);
  pthread_cond_destroy(&pool->work);
  pthread_cond_destroy(&pool->end);
  pthread_mutex_destroy(&pool->mutex);
  free(pool);
}
