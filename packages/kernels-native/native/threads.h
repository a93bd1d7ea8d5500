/** @file Threads, locks and memory: those of POSIX, and on Windows its own. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <malloc.h>
#include <windows.h>

typedef HANDLE Thread;
typedef SRWLOCK Mutex;
typedef CONDITION_VARIABLE Condition;

/** Defines what a thread runs; it ends with `return 0`. */
#define THREAD_FUNCTION(name, argument) static DWORD WINAPI name(void *argument)
typedef LPTHREAD_START_ROUTINE ThreadFunction;

static inline bool start_thread(Thread *thread, ThreadFunction function, void *argument) {
  *thread = CreateThread(NULL, 0, function, argument, 0, NULL);
  return *thread != NULL;
}

static inline void join_thread(Thread thread) {
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
}

static inline void init_mutex(Mutex *mutex) {
  InitializeSRWLock(mutex);
}
static inline void lock_mutex(Mutex *mutex) {
  AcquireSRWLockExclusive(mutex);
}
static inline void unlock_mutex(Mutex *mutex) {
  ReleaseSRWLockExclusive(mutex);
}
static inline void dispose_mutex(Mutex *mutex) {
  (void)mutex;
}

static inline void init_condition(Condition *condition) {
  InitializeConditionVariable(condition);
}
static inline void wait_for(Condition *condition, Mutex *mutex) {
  SleepConditionVariableSRW(condition, mutex, INFINITE, 0);
}
static inline void signal_one(Condition *condition) {
  WakeConditionVariable(condition);
}
static inline void signal_all(Condition *condition) {
  WakeAllConditionVariable(condition);
}
static inline void dispose_condition(Condition *condition) {
  (void)condition;
}

static inline void *allocate_aligned(size_t alignment, size_t bytes) {
  return _aligned_malloc(bytes, alignment);
}
static inline void free_aligned(void *memory) {
  _aligned_free(memory);
}

static inline void prefer_large_pages(void *bytes, size_t length) {
  (void)bytes;
  (void)length;
}
#else
#include <pthread.h>
#include <sys/mman.h>

typedef pthread_t Thread;
typedef pthread_mutex_t Mutex;
typedef pthread_cond_t Condition;

/** Defines what a thread runs; it ends with `return 0`. */
#define THREAD_FUNCTION(name, argument) static void *name(void *argument)
typedef void *(*ThreadFunction)(void *);

static inline bool start_thread(Thread *thread, ThreadFunction function, void *argument) {
  return pthread_create(thread, NULL, function, argument) == 0;
}

static inline void join_thread(Thread thread) {
  pthread_join(thread, NULL);
}

static inline void init_mutex(Mutex *mutex) {
  pthread_mutex_init(mutex, NULL);
}
static inline void lock_mutex(Mutex *mutex) {
  pthread_mutex_lock(mutex);
}
static inline void unlock_mutex(Mutex *mutex) {
  pthread_mutex_unlock(mutex);
}
static inline void dispose_mutex(Mutex *mutex) {
  pthread_mutex_destroy(mutex);
}

static inline void init_condition(Condition *condition) {
  pthread_cond_init(condition, NULL);
}
static inline void wait_for(Condition *condition, Mutex *mutex) {
  pthread_cond_wait(condition, mutex);
}
static inline void signal_one(Condition *condition) {
  pthread_cond_signal(condition);
}
static inline void signal_all(Condition *condition) {
  pthread_cond_broadcast(condition);
}
static inline void dispose_condition(Condition *condition) {
  pthread_cond_destroy(condition);
}

/** `bytes` are rounded up to a multiple of the alignment, as C wants them. */
static inline void *allocate_aligned(size_t alignment, size_t bytes) {
  return aligned_alloc(alignment, (bytes + alignment - 1) & ~(alignment - 1));
}
static inline void free_aligned(void *memory) {
  free(memory);
}

/**
 * Asks Linux for large pages, of which the processor has to look up fewer. It is advice: where the system has none, or
 * the bytes do not begin with a page, nothing changes.
 */
static inline void prefer_large_pages(void *bytes, size_t length) {
#if defined(MADV_HUGEPAGE)
  madvise(bytes, length, MADV_HUGEPAGE);
#else
  (void)bytes;
  (void)length;
#endif
}
#endif
