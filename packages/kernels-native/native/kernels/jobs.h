/**
 * @file The jobs that threads share; a thread's number determines its share: programs for one field and for many,
 * and an update of Adam.
 */
#pragma once
#include "parameters.h"
#include "scalar-gradient.h"

/** What one of these jobs does to a tile. */
INLINE void work_on_tile(int work, const Tile *t, int start, double *sum, bool is_kept) {
  switch (work) {
    case JOB_PROGRAM_FORWARD: forward_of_tile(t, start, is_kept); break;
    case JOB_PROGRAM_BACKWARD: backward_of_tile(t, start, is_kept); break;
    case JOB_PROGRAM_LOSS: loss_of_tile(t, start, sum); break;
    case JOB_SCALAR_GRADIENT_FORWARD: scalar_forward_of_tile(t, start); break;
    case JOB_SCALAR_GRADIENT_BACKWARD: scalar_backward_of_tile(t, start, is_kept); break;
    case JOB_SCALAR_GRADIENT_LOSS: scalar_loss_of_tile(t, start, sum); break;
    default: __builtin_trap();
  }
}

/** Runs one thread's tiles of a program for one field. */
static void run_program(uint8_t *memory, int work, uint32_t job, int thread, int threads) {
  Program *program = at(memory, job);
  const int tile = program->tilePoints;
  uint8_t *gradients = memory + program->gradients + (size_t)thread * program->gradientBytes;
  double *sum = program->loss ? thread_sum(memory, ((const Loss *)at(memory, program->loss))->sums, thread) : NULL;
  for (int start = thread * tile; start < program->points; start += threads * tile) {
    const bool is_kept = start / tile < program->keptTileCount;
    uint8_t *scratch = is_kept ? memory + program->keptTiles + (size_t)(start / tile) * program->scratchBytes
                               : memory + program->scratch + (size_t)thread * program->scratchBytes;
    const Tile t = tile_of(memory, program, scratch, gradients);
    work_on_tile(work, &t, start, sum, is_kept);
  }
}

INLINE int tiles_of(const FieldsJob *job) {
  return (job->points + job->tilePoints - 1) / job->tilePoints;
}

/** The first of a thread's units; a unit is one tile of one field. */
INLINE int first_unit(const FieldsJob *job, int thread, int threads) {
  return (int)((int64_t)job->fields * tiles_of(job) * thread / threads);
}

INLINE Program *program_of(uint8_t *memory, const FieldsJob *job, int thread) {
  return at(memory, job->images + (uint32_t)thread * job->imageBytes + job->program);
}

/**
 * The gradient sums of the field that a thread is working on (0), or of the field in which its range began (1).
 */
INLINE uint8_t *field_gradients(uint8_t *memory, const FieldsJob *job, int thread, int which) {
  return memory + job->gradients + (size_t)(2 * thread + which) * program_of(memory, job, thread)->gradientBytes;
}

/** Points a thread's program at a field. */
static void turn_to(uint8_t *memory, const FieldsJob *job, uint32_t image, int field) {
  pack_parameters(memory, image + job->packings, job->packingCount, field);
  const FieldAddress *records = at(memory, job->addresses);
  for (int index = 0; index < job->addressCount; index++)
    *(uint32_t *)at(memory, image + records[index].offset) =
        records[index].first + (uint32_t)field * records[index].fieldBytes;
}

/** One thread's share of the units of many fields; see `assembly/many-fields.ts` of kernels-wasm. */
static void run_many_fields(uint8_t *memory, uint32_t address, int thread, int threads) {
  const FieldsJob *job = at(memory, address);
  const int tiles = tiles_of(job), end = first_unit(job, thread + 1, threads);
  const uint32_t image = job->images + (uint32_t)thread * job->imageBytes;
  Program *program = program_of(memory, job, thread);
  program->points = job->points;
  program->blockPoints = job->fields * job->points;
  program->tilePoints = job->tilePoints;
  uint8_t *scratch = memory + job->scratch + (size_t)thread * program->scratchBytes;
  for (int unit = first_unit(job, thread, threads); unit < end;) {
    const int field = unit / tiles, first = unit - field * tiles, last = min_int(tiles, first + end - unit);
    const bool is_cut = first > 0;
    uint8_t *gradients = field_gradients(memory, job, thread, is_cut ? 1 : 0);
    double *sum = job->sums ? (double *)at(memory, job->sums) + field : NULL;
    if (is_cut) {
      memset(gradients, 0, program->gradientBytes);
      if (sum) {
        sum = thread_sum(memory, job->firstSums, thread);
        *sum = 0;
      }
    }
    turn_to(memory, job, image, field);
    const Tile t = tile_of(memory, program, scratch, gradients);
    for (int tile = first; tile < last; tile++) work_on_tile(job->tileJob, &t, tile * job->tilePoints, sum, false);
    if (!is_cut && job->collectionCount > 0)
      collect_own(memory, image + job->collections, job->collectionCount, gradients, memory + job->flat, field);
    unit += last - first;
  }
}

/**
 * Adds what threads kept separately, after all of them have done their shares of a job that sums something.
 */
static void join_fields(uint8_t *memory, uint32_t address, int threads) {
  const FieldsJob *job = at(memory, address);
  const int tiles = tiles_of(job), count = job->collectionCount;
  const uint32_t list = job->images + job->collections;
  uint8_t *flat = memory + job->flat;
  for (int thread = 1; thread < threads; thread++) {
    const int unit = first_unit(job, thread, threads), field = unit / tiles;
    if (unit == field * tiles || unit == first_unit(job, thread + 1, threads)) continue;
    uint8_t *gradients = field_gradients(memory, job, thread, 1);
    collect_gradients(memory, list, count, SHARED_PARAMETERS, gradients, flat);
    collect_own(memory, list, count, gradients, flat, field);
    if (job->sums) ((double *)at(memory, job->sums))[field] += *thread_sum(memory, job->firstSums, thread);
  }
}

/** Adds all threads' gradients of the shared parameters to the flat gradient. */
static void collect_fields(uint8_t *memory, uint32_t address, int threads) {
  const FieldsJob *job = at(memory, address);
  for (int thread = 0; thread < threads; thread++)
    collect_gradients(memory, job->images + job->collections, job->collectionCount, SHARED_PARAMETERS,
                      field_gradients(memory, job, thread, 0), memory + job->flat);
}

/** One thread's share of an update of Adam, in place; the formula is in core's `fit/adam.ts`. */
static void run_adam(uint8_t *memory, uint32_t address, int thread, int threads) {
  const AdamJob *job = at(memory, address);
  float *parameters = at(memory, job->parameters), *first = at(memory, job->first), *second = at(memory, job->second);
  const float *gradient = at(memory, job->gradient);
  const size_t total = job->bytes / 4, tile = job->tileBytes / 4;
  for (size_t start = tile * thread; start < total; start += tile * threads)
    for (size_t i = start; i < start + tile && i < total; i += VW) {
      const vf p = load(parameters + i), own = load(gradient + i), gradient_at = job->weightDecay * p + own;
      const vf m_before = load(first + i), v_before = load(second + i);
      const vf m = job->beta1 * m_before + job->oneMinusBeta1 * gradient_at;
      const vf v = job->beta2 * v_before + (job->oneMinusBeta2 * gradient_at) * gradient_at;
      const vf size = square_root(v) * job->secondCorrection + job->epsilon;
      const vf next = job->parameterScale * p - (job->stepSize * m) / size;
      if (!job->lazy) {
        store(first + i, m);
        store(second + i, v);
        store(parameters + i, next);
        continue;
      }
      const vi moves = own != 0;
      store(first + i, choose(moves, m, m_before));
      store(second + i, choose(moves, v, v_before));
      store(parameters + i, choose(moves, next, p));
    }
}

/** One thread's share of C = A B, rows times panels. */
static void run_product(uint8_t *memory, uint32_t address, int thread, int threads) {
  const ProductJob *job = at(memory, address);
  for (int start = thread * job->tileRows; start < job->rows; start += threads * job->tileRows)
    rows_times_panels((const float *)at(memory, job->a) + (size_t)start * job->strideA, job->strideA,
                      min_int(job->tileRows, job->rows - start), job->k, at(memory, job->panels), job->panelCount,
                      (float *)at(memory, job->c) + (size_t)start * job->strideC, job->strideC, NULL, 0);
}

static void run_job(uint8_t *memory, int kind, uint32_t job, int thread, int threads) {
  switch (kind) {
    case JOB_PROGRAM_FORWARD:
    case JOB_PROGRAM_BACKWARD:
    case JOB_PROGRAM_LOSS:
    case JOB_SCALAR_GRADIENT_FORWARD:
    case JOB_SCALAR_GRADIENT_BACKWARD:
    case JOB_SCALAR_GRADIENT_LOSS: run_program(memory, kind, job, thread, threads); break;
    case JOB_MANY_FIELDS: run_many_fields(memory, job, thread, threads); break;
    case JOB_PRODUCT: run_product(memory, job, thread, threads); break;
    case JOB_TABLE_GRADIENTS: run_table_gradients(memory, job, thread, threads); break;
    case JOB_ADAM: run_adam(memory, job, thread, threads); break;
    default: __builtin_trap();
  }
}
