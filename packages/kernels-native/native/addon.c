/**
 * @file What the TypeScript side calls, as a Node-API addon. A machine works in a memory that JavaScript owns, with the
 *   kernels of one instruction set and threads of its own.
 */
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif
#include "check.h"
#include "denormals.h"
#include "kernel-set.h"
#include "pool.h"
#include "records.h"
#include "threads.h"

/** The maximum number of threads of a machine. */
#define MAX_THREADS 64

typedef struct {
  const KernelSet *kernels;
  Memory memory;
  Pool *pool;
  int threads;
  /** Of each thread, one behind the other; NULL where the kernels need none. */
  uint8_t *workspaces;
  /** Keeps the memory. */
  napi_ref owner;
} Machine;

static const napi_type_tag MACHINE_TAG = {0x6e2f1a0c5d8b4e93, 0x8b1f7c2a9d3e6054};

static napi_value fail(napi_env env, const char *message) {
  bool is_pending = false;
  napi_is_exception_pending(env, &is_pending);
  if (!is_pending) napi_throw_type_error(env, NULL, message);
  return NULL;
}

/** An exception where there is a problem. Returns whether there is one. */
static bool refuses(napi_env env, const char *function, Problem problem) {
  if (problem == NULL) return false;
  char message[160];
  snprintf(message, sizeof message, "%s: %s must lie inside the memory and be what the kernels can work with", function,
           problem);
  napi_throw_range_error(env, NULL, message);
  return true;
}

/** An integer that a program would count with; false where the value is none, or another kind of value. */
static bool read_count(napi_env env, napi_value value, uint32_t *count) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok || !(number >= 0 && number <= UINT32_MAX)) return false;
  *count = (uint32_t)number;
  return *count == number;
}

/**
 * The bytes of an array in shared memory, which cannot be taken away, and which moves nowhere when it grows.
 */
static bool read_memory(napi_env env, napi_value value, uint8_t **bytes, size_t *length) {
  napi_typedarray_type type;
  napi_value buffer;
  void *data = NULL;
  bool is_array = false, is_unshared = true;
  if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array ||
      napi_get_typedarray_info(env, value, &type, length, &data, &buffer, NULL) != napi_ok ||
      type != napi_uint8_array || data == NULL || napi_is_arraybuffer(env, buffer, &is_unshared) != napi_ok ||
      is_unshared)
    return false;
  *bytes = data;
  return true;
}

static void end_threads(Machine *machine) {
  if (machine->pool) dispose_pool(machine->pool);
  machine->pool = NULL;
}

static void finalise(napi_env env, void *data, void *hint) {
  (void)hint;
  Machine *machine = data;
  end_threads(machine);
  if (machine->owner) napi_delete_reference(env, machine->owner);
  free_aligned(machine->workspaces);
  free(machine);
}

/** instructionSets(): their names, best first. */
static napi_value instruction_sets(napi_env env, napi_callback_info info) {
  (void)info;
  const KernelSet *sets[MAX_KERNEL_SETS];
  const int count = usable_kernel_sets(sets);
  napi_value names;
  if (napi_create_array_with_length(env, count, &names) != napi_ok) return fail(env, "kernels: no array");
  for (int i = 0; i < count; i++) {
    napi_value name;
    if (napi_create_string_utf8(env, sets[i]->name, NAPI_AUTO_LENGTH, &name) != napi_ok ||
        napi_set_element(env, names, i, name) != napi_ok)
      return fail(env, "kernels: no name");
  }
  return names;
}

/** createMachine(memory, threads, instructionSet) */
static napi_value create_machine(napi_env env, napi_callback_info info) {
  size_t count = 3, length = 0, name_length = 0;
  napi_value arguments[3], external;
  uint32_t threads = 0;
  int32_t set = -1;
  char name[32];
  uint8_t *memory = NULL;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 3 ||
      !read_memory(env, arguments[0], &memory, &length) || !read_count(env, arguments[1], &threads) || threads < 1 ||
      threads > MAX_THREADS ||
      napi_get_value_string_utf8(env, arguments[2], name, sizeof name, &name_length) != napi_ok)
    return fail(
        env,
        "createMachine: must be given bytes in shared memory, a number of threads from 1 to 64, and the name of an "
        "instruction set");
  const KernelSet *sets[MAX_KERNEL_SETS];
  const int set_count = usable_kernel_sets(sets);
  for (int i = 0; i < set_count; i++)
    if (strcmp(sets[i]->name, name) == 0) set = i;
  if (set < 0) return fail(env, "createMachine: this processor does not have these instructions");
  Machine *machine = calloc(1, sizeof *machine);
  if (machine == NULL) return fail(env, "createMachine: no memory");
  machine->kernels = sets[set];
  machine->memory = (Memory){memory, length, sets[set]};
  machine->threads = (int)threads;
  const size_t workspace_bytes = machine->kernels->workspace_bytes;
  if (workspace_bytes > 0) {
    machine->workspaces = allocate_aligned(64, workspace_bytes * threads);
    if (machine->workspaces == NULL) {
      free(machine);
      return fail(env, "createMachine: no memory");
    }
  }
  if (napi_create_reference(env, arguments[0], 1, &machine->owner) != napi_ok ||
      napi_create_external(env, machine, finalise, NULL, &external) != napi_ok) {
    if (machine->owner) napi_delete_reference(env, machine->owner);
    free_aligned(machine->workspaces);
    free(machine);
    return fail(env, "createMachine: no handle");
  }
  if (napi_type_tag_object(env, external, &MACHINE_TAG) != napi_ok) return fail(env, "createMachine: no tag");
  prefer_large_pages(memory, length);
  return external;
}

static Machine *read_machine(napi_env env, napi_value value) {
  void *data = NULL;
  bool is_machine = false;
  if (napi_check_object_type_tag(env, value, &MACHINE_TAG, &is_machine) != napi_ok || !is_machine ||
      napi_get_value_external(env, value, &data) != napi_ok)
    return NULL;
  return data;
}

/** grow(machine, memory): tells the machine of the length that its memory has now. */
static napi_value grow(napi_env env, napi_callback_info info) {
  size_t count = 2, length = 0;
  napi_value arguments[2];
  uint8_t *bytes = NULL;
  Machine *machine = NULL;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count != 2 ||
      (machine = read_machine(env, arguments[0])) == NULL || !read_memory(env, arguments[1], &bytes, &length) ||
      bytes != machine->memory.bytes || length < machine->memory.length)
    return fail(env, "grow: must be given a machine and all bytes of its memory");
  machine->memory.length = length;
  prefer_large_pages(bytes, length);
  return NULL;
}

/**
 * The machine that is the first argument, and the numbers behind it; NULL with an exception where they are not that.
 */
static Machine *read_arguments(napi_env env, napi_callback_info info, uint32_t *numbers, size_t wanted) {
  size_t count = 6;
  napi_value arguments[6];
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) == napi_ok && count == wanted + 1) {
    Machine *machine = read_machine(env, arguments[0]);
    size_t i = 0;
    while (i < wanted && read_count(env, arguments[i + 1], &numbers[i])) i++;
    if (machine != NULL && i == wanted) return machine;
  }
  fail(env, "kernels: must be given a machine and integers from 0 to 4294967295");
  return NULL;
}

typedef struct {
  const KernelSet *kernels;
  const Memory *memory;
  uint8_t *workspaces;
  int kind;
  uint32_t job;
  /** What a thread has found wrong. */
  _Atomic(Problem) problem;
} Job;

static void do_share(void *data, int thread, int threads) {
  Job *job = data;
  uint8_t *workspace = job->workspaces ? job->workspaces + thread * job->kernels->workspace_bytes : NULL;
  const Problem problem = check_share(job->memory, job->kind, job->job, thread);
  if (problem != NULL) {
    atomic_store(&job->problem, problem);
    return;
  }
  const uint64_t mode = flush_denormals();
  job->kernels->run(job->memory->bytes, workspace, job->kind, job->job, thread, threads);
  restore_denormals(mode);
}

/** run(machine, kind, job, threads): on one thread or on all. */
static napi_value run(napi_env env, napi_callback_info info) {
  uint32_t numbers[3];
  Machine *machine = read_arguments(env, info, numbers, 3);
  if (machine == NULL) return NULL;
  const int threads = numbers[2] <= 1 ? 1 : machine->threads;
  if (refuses(env, "run", check_job(&machine->memory, numbers[0], numbers[1], threads))) return NULL;
  Job job = {machine->kernels, &machine->memory, machine->workspaces, (int)numbers[0], numbers[1], NULL};
  if (threads > 1 && machine->pool == NULL) machine->pool = create_pool(threads);
  if (threads > 1 && machine->pool != NULL) run_shares(machine->pool, do_share, &job);
  else
    for (int thread = 0; thread < threads; thread++) do_share(&job, thread, threads);
  refuses(env, "run", atomic_load(&job.problem));
  return NULL;
}

static napi_value pack_parameters(napi_env env, napi_callback_info info) {
  uint32_t numbers[3];
  const Machine *machine = read_arguments(env, info, numbers, 3);
  if (machine == NULL ||
      refuses(env, "packParameters", check_packings(&machine->memory, numbers[0], numbers[1], numbers[2])))
    return NULL;
  machine->kernels->pack_parameters(machine->memory.bytes, numbers[0], (int)numbers[1], (int)numbers[2]);
  return NULL;
}

static napi_value collect_gradients(napi_env env, napi_callback_info info) {
  uint32_t numbers[4];
  const Machine *machine = read_arguments(env, info, numbers, 4);
  if (machine == NULL || refuses(env, "collectGradients",
                                 check_collections(&machine->memory, numbers[0], numbers[1], numbers[2], numbers[3])))
    return NULL;
  machine->kernels->collect_gradients(machine->memory.bytes, numbers[0], (int)numbers[1], numbers[2], numbers[3]);
  return NULL;
}

static napi_value join_fields(napi_env env, napi_callback_info info) {
  uint32_t numbers[2];
  const Machine *machine = read_arguments(env, info, numbers, 2);
  if (machine == NULL || refuses(env, "joinFields", check_fields(&machine->memory, numbers[0], numbers[1])))
    return NULL;
  machine->kernels->join_fields(machine->memory.bytes, numbers[0], (int)numbers[1]);
  return NULL;
}

static napi_value collect_fields(napi_env env, napi_callback_info info) {
  uint32_t numbers[2];
  const Machine *machine = read_arguments(env, info, numbers, 2);
  if (machine == NULL || refuses(env, "collectFields", check_fields(&machine->memory, numbers[0], numbers[1])))
    return NULL;
  machine->kernels->collect_fields(machine->memory.bytes, numbers[0], (int)numbers[1]);
  return NULL;
}

static napi_value add_threads(napi_env env, napi_callback_info info) {
  uint32_t numbers[3];
  const Machine *machine = read_arguments(env, info, numbers, 3);
  if (machine == NULL ||
      refuses(env, "addThreads", check_add_threads(&machine->memory, numbers[0], numbers[1], numbers[2])))
    return NULL;
  machine->kernels->add_threads(machine->memory.bytes, numbers[0], numbers[1], (int)numbers[2]);
  return NULL;
}

static napi_value clear(napi_env env, napi_callback_info info) {
  uint32_t numbers[2];
  const Machine *machine = read_arguments(env, info, numbers, 2);
  if (machine == NULL || refuses(env, "clear", check_range(&machine->memory, numbers[0], numbers[1]))) return NULL;
  memset(machine->memory.bytes + numbers[0], 0, numbers[1]);
  return NULL;
}

static napi_value number_of(napi_env env, int32_t number) {
  napi_value value;
  return napi_create_int32(env, number, &value) == napi_ok ? value : fail(env, "kernels: no number");
}

/** packMatrix(machine, source, depth, columns, isTransposed, target) */
static napi_value pack_matrix(napi_env env, napi_callback_info info) {
  uint32_t numbers[5];
  const Machine *machine = read_arguments(env, info, numbers, 5);
  if (machine == NULL || refuses(env, "packMatrix",
                                 check_matrix(&machine->memory, numbers[0], numbers[1], numbers[2], numbers[4])))
    return NULL;
  machine->kernels->pack_matrix(machine->memory.bytes, numbers[0], (int)numbers[1], (int)numbers[2], numbers[3] != 0,
                                numbers[4]);
  return NULL;
}

/** weightBytes(machine, depth, columns): of a packed weight matrix. */
static napi_value weight_bytes(napi_env env, napi_callback_info info) {
  uint32_t numbers[2];
  const Machine *machine = read_arguments(env, info, numbers, 2);
  if (machine == NULL || refuses(env, "weightBytes", check_weight(numbers[0], numbers[1]))) return NULL;
  return number_of(env, machine->kernels->weight_bytes((int)numbers[0], (int)numbers[1]));
}

static napi_value grid_kept_bytes(napi_env env, napi_callback_info info) {
  uint32_t numbers[3];
  const Machine *machine = read_arguments(env, info, numbers, 3);
  if (machine == NULL || refuses(env, "gridKeptBytes", check_grid(numbers[0], numbers[1], numbers[2]))) return NULL;
  return number_of(env, machine->kernels->grid_kept_bytes((int)numbers[0], (int)numbers[1], (int)numbers[2]));
}

static napi_value grid_scratch_bytes(napi_env env, napi_callback_info info) {
  uint32_t numbers[2];
  const Machine *machine = read_arguments(env, info, numbers, 2);
  if (machine == NULL || refuses(env, "gridScratchBytes", check_grid(numbers[0], 0, numbers[1]))) return NULL;
  return number_of(env, machine->kernels->grid_scratch_bytes((int)numbers[0], (int)numbers[1]));
}

/** panelOf(machine): columns of its panels. */
static napi_value panel_of(napi_env env, napi_callback_info info) {
  const Machine *machine = read_arguments(env, info, NULL, 0);
  return machine ? number_of(env, machine->kernels->panel) : NULL;
}

/** dispose(machine): ends its threads; a later job starts new ones. */
static napi_value dispose(napi_env env, napi_callback_info info) {
  Machine *machine = read_arguments(env, info, NULL, 0);
  if (machine) end_threads(machine);
  return NULL;
}

#if defined(__SANITIZE_ADDRESS__)
/** poison(machine, address, bytes): from now on an access to them ends the process. For tests with sanitizers. */
static napi_value poison(napi_env env, napi_callback_info info) {
  uint32_t numbers[2];
  const Machine *machine = read_arguments(env, info, numbers, 2);
  if (machine == NULL || refuses(env, "poison", check_range(&machine->memory, numbers[0], numbers[1]))) return NULL;
  ASAN_POISON_MEMORY_REGION(machine->memory.bytes + numbers[0], numbers[1]);
  return NULL;
}

static napi_value unpoison(napi_env env, napi_callback_info info) {
  uint32_t numbers[2];
  const Machine *machine = read_arguments(env, info, numbers, 2);
  if (machine == NULL || refuses(env, "unpoison", check_range(&machine->memory, numbers[0], numbers[1]))) return NULL;
  ASAN_UNPOISON_MEMORY_REGION(machine->memory.bytes + numbers[0], numbers[1]);
  return NULL;
}
#endif

static const struct {
  const char *name;
  napi_callback callback;
} EXPORTS[] = {
    {"instructionSets", instruction_sets},
    {"createMachine", create_machine},
    {"grow", grow},
    {"weightBytes", weight_bytes},
    {"panelOf", panel_of},
    {"run", run},
    {"clear", clear},
    {"addThreads", add_threads},
    {"packParameters", pack_parameters},
    {"packMatrix", pack_matrix},
    {"collectGradients", collect_gradients},
    {"joinFields", join_fields},
    {"collectFields", collect_fields},
    {"gridKeptBytes", grid_kept_bytes},
    {"gridScratchBytes", grid_scratch_bytes},
    {"dispose", dispose},
#if defined(__SANITIZE_ADDRESS__)
    {"poison", poison},
    {"unpoison", unpoison},
#endif
};

NAPI_MODULE_INIT() {
  napi_value digest;
  if (napi_create_string_utf8(env, RECORDS_DIGEST, NAPI_AUTO_LENGTH, &digest) != napi_ok ||
      napi_set_named_property(env, exports, "records", digest) != napi_ok)
    return fail(env, "kernels: cannot export");
  for (size_t i = 0; i < sizeof EXPORTS / sizeof EXPORTS[0]; i++) {
    napi_value function;
    if (napi_create_function(env, EXPORTS[i].name, NAPI_AUTO_LENGTH, EXPORTS[i].callback, NULL, &function) != napi_ok ||
        napi_set_named_property(env, exports, EXPORTS[i].name, function) != napi_ok)
      return fail(env, "kernels: cannot export");
  }
  return exports;
}
