/**
 * @file What the TypeScript side calls, as a Node-API addon. A machine works in a memory that JavaScript owns, with the
 *   kernels of one instruction set and threads of its own.
 */
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel-set.h"
#include "pool.h"
#include "records.h"
#include "threads.h"

/** The maximum number of threads of a machine. */
#define MAX_THREADS 64

typedef struct {
  const KernelSet *kernels;
  uint8_t *memory;
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
    if (napi_create_string_utf8(env, sets[i]->name, NAPI_AUTO_LENGTH, &name) != napi_ok || napi_set_element(env, names, i, name) != napi_ok)
      return fail(env, "kernels: no name");
  }
  return names;
}

/** createMachine(memory, threads, instructionSet) */
static napi_value create_machine(napi_env env, napi_callback_info info) {
  size_t count = 3, length = 0, name_length = 0;
  napi_value arguments[3], external;
  int32_t threads = 0, set = -1;
  char name[32];
  void *memory = NULL;
  napi_typedarray_type type;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 3 ||
      napi_get_typedarray_info(env, arguments[0], &type, &length, &memory, NULL, NULL) != napi_ok || type != napi_uint8_array ||
      memory == NULL || napi_get_value_int32(env, arguments[1], &threads) != napi_ok || threads < 1 || threads > MAX_THREADS ||
      napi_get_value_string_utf8(env, arguments[2], name, sizeof name, &name_length) != napi_ok)
    return fail(env, "createMachine: must be given bytes, a number of threads from 1 to 64, and the name of an instruction set");
  const KernelSet *sets[MAX_KERNEL_SETS];
  const int set_count = usable_kernel_sets(sets);
  for (int i = 0; i < set_count; i++)
    if (strcmp(sets[i]->name, name) == 0) set = i;
  if (set < 0) return fail(env, "createMachine: this processor does not have these instructions");
  Machine *machine = calloc(1, sizeof *machine);
  if (machine == NULL) return fail(env, "createMachine: no memory");
  machine->kernels = sets[set];
  machine->memory = memory;
  machine->threads = threads;
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
  return external;
}

/**
 * The machine that is the first argument, and the numbers behind it; NULL with an exception where they are not that.
 */
static Machine *read_arguments(napi_env env, napi_callback_info info, uint32_t *numbers, size_t wanted) {
  size_t count = 6;
  napi_value arguments[6];
  void *data = NULL;
  bool is_machine = false;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) == napi_ok && count == wanted + 1 &&
      napi_check_object_type_tag(env, arguments[0], &MACHINE_TAG, &is_machine) == napi_ok && is_machine &&
      napi_get_value_external(env, arguments[0], &data) == napi_ok) {
    size_t i = 0;
    while (i < wanted && napi_get_value_uint32(env, arguments[i + 1], &numbers[i]) == napi_ok) i++;
    if (i == wanted) return data;
  }
  fail(env, "kernels: must be given a machine and numbers");
  return NULL;
}

typedef struct {
  const KernelSet *kernels;
  uint8_t *memory, *workspaces;
  int kind;
  uint32_t job;
} Job;

static void do_share(void *data, int thread, int threads) {
  const Job *job = data;
  uint8_t *workspace = job->workspaces ? job->workspaces + thread * job->kernels->workspace_bytes : NULL;
  job->kernels->run(job->memory, workspace, job->kind, job->job, thread, threads);
}

/** run(machine, kind, job, threads): on one thread or on all. */
static napi_value run(napi_env env, napi_callback_info info) {
  uint32_t numbers[3];
  Machine *machine = read_arguments(env, info, numbers, 3);
  if (machine == NULL) return NULL;
  Job job = {machine->kernels, machine->memory, machine->workspaces, (int)numbers[0], numbers[1]};
  if (numbers[2] <= 1 || machine->threads == 1) {
    do_share(&job, 0, 1);
    return NULL;
  }
  if (machine->pool == NULL) machine->pool = create_pool(machine->threads);
  if (machine->pool != NULL) run_shares(machine->pool, do_share, &job);
  else
    for (int thread = 0; thread < machine->threads; thread++) do_share(&job, thread, machine->threads);
  return NULL;
}

static napi_value pack_parameters(napi_env env, napi_callback_info info) {
  uint32_t numbers[3];
  const Machine *machine = read_arguments(env, info, numbers, 3);
  if (machine) machine->kernels->pack_parameters(machine->memory, numbers[0], (int)numbers[1], (int)numbers[2]);
  return NULL;
}

static napi_value collect_gradients(napi_env env, napi_callback_info info) {
  uint32_t numbers[4];
  const Machine *machine = read_arguments(env, info, numbers, 4);
  if (machine) machine->kernels->collect_gradients(machine->memory, numbers[0], (int)numbers[1], numbers[2], numbers[3]);
  return NULL;
}

static napi_value join_fields(napi_env env, napi_callback_info info) {
  uint32_t numbers[2];
  const Machine *machine = read_arguments(env, info, numbers, 2);
  if (machine) machine->kernels->join_fields(machine->memory, numbers[0], (int)numbers[1]);
  return NULL;
}

static napi_value collect_fields(napi_env env, napi_callback_info info) {
  uint32_t numbers[2];
  const Machine *machine = read_arguments(env, info, numbers, 2);
  if (machine) machine->kernels->collect_fields(machine->memory, numbers[0], (int)numbers[1]);
  return NULL;
}

static napi_value add_threads(napi_env env, napi_callback_info info) {
  uint32_t numbers[3];
  const Machine *machine = read_arguments(env, info, numbers, 3);
  if (machine) machine->kernels->add_threads(machine->memory, numbers[0], numbers[1], (int)numbers[2]);
  return NULL;
}

static napi_value clear(napi_env env, napi_callback_info info) {
  uint32_t numbers[2];
  const Machine *machine = read_arguments(env, info, numbers, 2);
  if (machine) memset(machine->memory + numbers[0], 0, numbers[1]);
  return NULL;
}

static napi_value number_of(napi_env env, int32_t number) {
  napi_value value;
  return napi_create_int32(env, number, &value) == napi_ok ? value : fail(env, "kernels: no number");
}

/** weightBytes(machine, depth, columns): of a packed weight matrix. */
static napi_value weight_bytes(napi_env env, napi_callback_info info) {
  uint32_t numbers[2];
  const Machine *machine = read_arguments(env, info, numbers, 2);
  return machine ? number_of(env, machine->kernels->weight_bytes((int)numbers[0], (int)numbers[1])) : NULL;
}

static napi_value grid_kept_bytes(napi_env env, napi_callback_info info) {
  uint32_t numbers[3];
  const Machine *machine = read_arguments(env, info, numbers, 3);
  return machine ? number_of(env, machine->kernels->grid_kept_bytes((int)numbers[0], (int)numbers[1], (int)numbers[2])) : NULL;
}

static napi_value grid_scratch_bytes(napi_env env, napi_callback_info info) {
  uint32_t numbers[2];
  const Machine *machine = read_arguments(env, info, numbers, 2);
  return machine ? number_of(env, machine->kernels->grid_scratch_bytes((int)numbers[0], (int)numbers[1])) : NULL;
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

static const struct {
  const char *name;
  napi_callback callback;
} EXPORTS[] = {
    {"instructionSets", instruction_sets}, {"createMachine", create_machine},
    {"weightBytes", weight_bytes},         {"panelOf", panel_of},                 {"run", run},
    {"clear", clear},                      {"addThreads", add_threads},
    {"packParameters", pack_parameters},   {"collectGradients", collect_gradients},
    {"joinFields", join_fields},           {"collectFields", collect_fields},
    {"gridKeptBytes", grid_kept_bytes},    {"gridScratchBytes", grid_scratch_bytes},
    {"dispose", dispose},
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
