#include "check.h"
#include <stdbool.h>
#include <stddef.h>
#include "records.h"

#define ABSENT ((uint32_t)NONE)
/** Of one axis, form, block or register there are never more: products of such counts fit in 32 bits. */
#define MAX_COUNT (1 << 16)
#define MAX_BLOCKS (1 << 10)
#define MAX_POINTS (1 << 30)
#define MAX_AXES 16
#define FLOAT sizeof(float)

#define REQUIRE(condition, what) \
  if (!(condition)) return what
#define PASS_ON(check)                   \
  do {                                   \
    const Problem problem = check;       \
    if (problem != NULL) return problem; \
  } while (0)

/** Saturates; a negative factor is a huge one. */
static uint64_t times(int64_t a, int64_t b) {
  uint64_t product;
  return __builtin_mul_overflow((uint64_t)a, (uint64_t)b, &product) ? UINT64_MAX : product;
}

static uint64_t plus(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static bool is_within(uint64_t offset, uint64_t bytes, uint64_t length) {
  return offset <= length && bytes <= length - offset;
}

static bool has(const Memory *m, uint64_t address, uint64_t bytes) {
  return is_within(address, bytes, m->length);
}

static bool has_floats(const Memory *m, uint64_t address, uint64_t count) {
  return address % FLOAT == 0 && has(m, address, times(count, FLOAT));
}

/** Records one behind the other; NULL where they are not inside. */
static const void *records_at(const Memory *m, uint64_t address, int64_t count, size_t bytes) {
  return count >= 0 && address % 4 == 0 && has(m, address, times(count, bytes)) ? m->bytes + address : NULL;
}

#define RECORDS(m, type, address, count) ((const type *)records_at(m, address, count, sizeof(type)))

static int64_t whole_vectors(const Memory *m, int64_t count) {
  const int64_t width = m->kernels->panel;
  return (count + width - 1) / width * width;
}

Problem check_weight(int64_t depth, int64_t columns) {
  // Six bytes for each number, and rows and columns up to those of a tile, are the most that any kernels need.
  const uint64_t numbers = times(plus(depth, 64), plus(columns, 64));
  REQUIRE(depth >= 0 && columns >= 0 && times(numbers, 6) <= INT32_MAX, "the shape of a matrix");
  return NULL;
}

static int64_t padded_rows(int64_t rows) {
  return (rows + 3) & ~(int64_t)3;
}

/** Of a packed matrix `[depth][columns]`, which has more bytes than can be where it has too many numbers. */
static uint64_t weight_bytes(const Memory *m, int64_t depth, int64_t columns) {
  return check_weight(depth, columns) == NULL ? (uint64_t)m->kernels->weight_bytes((int)depth, (int)columns)
                                              : UINT64_MAX;
}

Problem check_range(const Memory *m, uint32_t address, uint64_t bytes) {
  REQUIRE(has(m, address, bytes), "the range");
  return NULL;
}

Problem check_add_threads(const Memory *m, uint32_t sums, uint32_t bytes, uint32_t threads) {
  REQUIRE(bytes % 64 == 0, "the number of bytes, which must be a multiple of 64,");
  REQUIRE(has_floats(m, sums, times(bytes / FLOAT, threads)), "the range");
  return NULL;
}

Problem check_grid(uint32_t axes, uint32_t row_features, uint32_t blocks) {
  REQUIRE(axes >= 1 && axes <= MAX_AXES, "the number of axes");
  REQUIRE(row_features <= MAX_BLOCKS, "the number of features");
  REQUIRE(blocks <= MAX_BLOCKS, "the number of blocks");
  return NULL;
}

/** A program, and what all of its parts are checked against. */
typedef struct {
  const Memory *memory;
  const Program *program;
  const Forms *forms;
  /** Those that are carried forward: with adjoints, the values alone. */
  int blocks;
  /** Blocks of the outputs. */
  int out_blocks;
  /** Whether the forward pass keeps derivatives for the backward pass. */
  bool keeps;
  bool is_backward, is_adjoint;
} Checked;

static bool in_scratch(const Checked *c, uint32_t offset, uint64_t floats) {
  return offset % FLOAT == 0 && is_within(offset, times(floats, FLOAT), c->program->scratchBytes);
}

static bool in_gradients(const Checked *c, uint32_t offset, uint64_t floats) {
  return offset % FLOAT == 0 && is_within(offset, times(floats, FLOAT), c->program->gradientBytes);
}

/** A jet of `blocks` blocks of the points of a tile. */
static bool is_jet(const Checked *c, uint32_t offset, int blocks, int stride) {
  return in_scratch(c, offset, times(times(blocks, c->program->tilePoints), stride));
}

/** Rows are written vector by vector, and gradients of weights read them four numbers at a time. */
static bool is_row(const Checked *c, int features, int stride) {
  return features >= 0 && features <= MAX_COUNT && stride <= 2 * MAX_COUNT &&
         whole_vectors(c->memory, features) <= stride;
}

/** A register for a formula, from the start of those. */
static bool is_register(const Checked *c, uint32_t offset) {
  return in_scratch(c, c->program->temporaries, plus(offset, REGISTER_BYTES) / FLOAT) && offset % FLOAT == 0;
}

static bool is_operand(const Checked *c, uint32_t offset, uint32_t step, uint32_t table) {
  return step == 0 ? has_floats(c->memory, (uint64_t)table + offset, 1) : is_register(c, offset);
}

static Problem check_formula(const Checked *c, uint32_t address, uint32_t table, int results) {
  const Memory *m = c->memory;
  const Formula *formula = RECORDS(m, Formula, address, 1);
  REQUIRE(formula, "a formula");
  const Instruction *instructions = RECORDS(m, Instruction, formula->instructions, formula->instructionCount);
  REQUIRE(instructions, "the instructions of a formula");
  for (int i = 0; i < formula->instructionCount; i++) {
    const Instruction *one = &instructions[i];
    REQUIRE(one->op >= OP_NEG && one->op <= OP_COPY, "the kind of an instruction");
    REQUIRE(is_register(c, one->target) && is_register(c, one->secondTarget), "the target of an instruction");
    REQUIRE(is_operand(c, one->offsetA, one->stepA, table) && is_operand(c, one->offsetB, one->stepB, table) &&
                is_operand(c, one->offsetC, one->stepC, table),
            "an operand of an instruction");
  }
  const uint32_t *offsets = RECORDS(m, uint32_t, formula->results, results);
  REQUIRE(offsets, "the results of a formula");
  for (int i = 0; i < results; i++) REQUIRE(is_register(c, offsets[i]), "a result of a formula");
  return NULL;
}

/** @param keeps whether the forward pass keeps derivatives for the backward pass, those behind the first at `kept` */
static Problem check_activation(const Checked *c, uint32_t address, const Operation *operation, bool keeps,
                                uint32_t kept) {
  const Memory *m = c->memory;
  const Activation *activation = RECORDS(m, Activation, address, 1);
  REQUIRE(activation, "an activation");
  REQUIRE(has_floats(m, activation->table, 1), "the table of an activation");
  if (activation->kind == ACTIVATION_SINE) return NULL;
  REQUIRE(activation->kind == ACTIVATION_FORMULA, "the kind of an activation");
  const int first = c->is_adjoint ? 0 : c->forms->first, second = c->is_adjoint ? 0 : c->forms->second;
  const int order = second > 0 ? 2 : first > 0 ? 1 : 0, count = activation->keptDerivativeCount;
  REQUIRE(count >= 0 && count <= 3 && activation->registerCount >= 0 && activation->registerCount <= MAX_COUNT,
          "the counts of an activation");
  const int wanted = keeps && count > order ? count : order;
  PASS_ON(check_formula(c, activation->forward, activation->table, wanted + 1));
  if (c->is_adjoint || (keeps && count > 0)) {
    // The first derivative takes the place of the pre-activations. With adjoints the backward pass needs the second.
    REQUIRE(count >= (c->is_adjoint && c->is_backward ? 2 : order + 1) && is_jet(c, kept, count - 1, operation->stride),
            "what an activation keeps");
    return NULL;
  }
  if (!c->is_backward) return NULL;
  const int learned = activation->learnedCount;
  REQUIRE(learned >= 0 && learned <= MAX_COUNT, "the parameters of an activation");
  PASS_ON(check_formula(c, activation->backward, activation->table, (order + 1) * (learned + 1)));
  const uint64_t registers = times(activation->registerCount + 2, REGISTER_BYTES / FLOAT);
  REQUIRE(in_scratch(c, c->program->temporaries, plus(registers, learned)), "the registers of an activation");
  const uint32_t *offsets = RECORDS(m, uint32_t, activation->learned, learned);
  REQUIRE(offsets, "the gradients of an activation");
  for (int p = 0; p < learned; p++) REQUIRE(in_gradients(c, offsets[p], 1), "the gradient of an activation");
  return NULL;
}

static Problem check_linear(const Checked *c, const Operation *operation, const Operand *operand, bool in_backward) {
  const Memory *m = c->memory;
  const Linear *linear = RECORDS(m, Linear, operation->detail, 1);
  REQUIRE(linear, "a linear operation");
  const int in = operand->features, out = operation->features, width = m->kernels->panel;
  const int64_t out_columns = whole_vectors(m, out), in_columns = whole_vectors(m, in);
  REQUIRE(times(linear->outPanels, width) == (uint64_t)out_columns &&
              times(linear->inPanels, width) == (uint64_t)in_columns,
          "the panels of a linear operation");
  REQUIRE(linear->weights % FLOAT == 0 && has(m, linear->weights, weight_bytes(m, in, out)),
          "the weights of a linear operation");
  REQUIRE(linear->bias == 0 || has_floats(m, linear->bias, out_columns), "the bias of a linear operation");
  REQUIRE(is_jet(c, linear->z, c->blocks, operation->stride), "the pre-activations of a linear operation");
  if (linear->activation != 0)
    PASS_ON(check_activation(c, linear->activation, operation, c->keeps, linear->keptDerivatives));
  if (c->is_adjoint) REQUIRE(is_jet(c, linear->u, 1, operation->stride), "the adjoint of a linear operation");
  if (c->is_adjoint || (in_backward && operand->gradient != ABSENT))
    REQUIRE(linear->transposed % FLOAT == 0 && has(m, linear->transposed, weight_bytes(m, out, in)),
            "the transposed weights of a linear operation");
  if (!in_backward) return NULL;
  const int64_t rows = padded_rows(in);
  REQUIRE(linear->weightGradient == ABSENT ||
              (rows <= operand->stride && in_gradients(c, linear->weightGradient, times(rows, out_columns))),
          "the gradient of the weights");
  REQUIRE(linear->biasGradient == ABSENT || in_gradients(c, linear->biasGradient, out_columns),
          "the gradient of the bias");
  return NULL;
}

/** The tapes of all tiles: a job writes them, and another one reads them. */
static Problem check_tape(const Checked *c, const Grid *grid) {
  const Program *program = c->program;
  const uint64_t own = times(c->blocks, plus(times(grid->levelCount, grid->rowFeatures), grid->axes));
  const int64_t tile = program->tilePoints, tiles = ((int64_t)program->points + tile - 1) / tile;
  REQUIRE(grid->tape >= 0 && program->tapeFloats >= 0 && plus(grid->tape, own) <= (uint64_t)program->tapeFloats &&
              has_floats(c->memory, program->tapes, times(times(tiles, tile), program->tapeFloats)),
          "the tape of a grid");
  return NULL;
}

/** The sums of the gradients of a table, and their marks. */
static Problem check_sums(const Checked *c, const Grid *grid, uint64_t floats) {
  const uint64_t bytes = times(floats, FLOAT), offset = grid->tableGradient;
  REQUIRE(offset % 64 == 0 && has_floats(c->memory, plus(c->program->tableSums, offset), floats) &&
              has(c->memory, plus(c->program->marks, offset / 64), plus(bytes, 63) / 64),
          "the sums of a table");
  return NULL;
}

/** A level of which some blocks have rows: those of the directory, and row 0. */
static Problem check_blocks(const Memory *m, const GridLevel *level, const uint32_t *multipliers, int axes,
                            uint64_t *rows) {
  const int shift = level->blockShift;
  REQUIRE(level->mask == NONE && shift >= 0 && shift * axes < 31, "the blocks of a grid");
  uint64_t blocks = 1;
  for (int axis = 0; axis < axes; axis++) blocks = plus(blocks, times(level->resolution >> shift, multipliers[axis]));
  REQUIRE(times(blocks, (int64_t)1 << shift * axes) <= (uint64_t)1 << 32, "the blocks of a grid");
  const uint32_t *directory = RECORDS(m, uint32_t, level->directory, blocks);
  REQUIRE(directory, "the directory of a grid");
  for (uint64_t i = 0; i < blocks; i++) {
    const uint64_t end = directory[i] + ((uint64_t)1 << shift * axes);
    if (directory[i] != 0 && end > *rows) *rows = end;
  }
  return NULL;
}

static Problem check_grid_operation(const Checked *c, const Operation *operation, const Operand *operand,
                                    bool in_backward) {
  const Memory *m = c->memory;
  const Grid *grid = RECORDS(m, Grid, operation->detail, 1);
  REQUIRE(grid, "a grid");
  PASS_ON(check_grid((uint32_t)grid->axes, (uint32_t)grid->rowFeatures, c->blocks));
  REQUIRE(grid->axes <= operand->features && grid->rowFeatures >= 1, "the features of a grid");
  REQUIRE(c->forms->first == 0 || c->forms->first <= MAX_AXES, "the number of derivatives of a grid");
  REQUIRE(grid->interpolation >= INTERPOLATION_LINEAR && grid->interpolation <= INTERPOLATION_NEAREST,
          "the interpolation of a grid");
  const GridLevel *levels = RECORDS(m, GridLevel, grid->levels, grid->levelCount);
  REQUIRE(levels && times(grid->levelCount, grid->rowFeatures) <= (uint64_t)operation->features,
          "the levels of a grid");
  const uint64_t need = m->kernels->grid_kept_bytes(grid->axes, grid->rowFeatures, c->blocks);
  const uint64_t places = times(c->program->tilePoints, grid->levelCount);
  REQUIRE(grid->keptLookups % 16 == 0 && grid->keptLookupBytes % 16 == 0 &&
              (places == 0 || is_within(grid->keptLookups, plus(times(places - 1, grid->keptLookupBytes), need),
                                        c->program->scratchBytes)),
          "what a grid keeps");
  const bool has_tape = grid->tape != NONE;
  const bool reads_kept = operand->gradient != ABSENT || (grid->tableGradient != ABSENT && !has_tape);
  REQUIRE(grid->keptLookupBytes >= need || !in_backward || !reads_kept, "what a grid keeps of each point");
  if (in_backward && has_tape) PASS_ON(check_tape(c, grid));
  REQUIRE(c->program->temporaries % 16 == 0 &&
              is_within(c->program->temporaries, m->kernels->grid_scratch_bytes(grid->axes, c->blocks),
                        c->program->scratchBytes),
          "the scratch of a grid");
  for (int i = 0; i < grid->levelCount; i++) {
    const GridLevel *level = &levels[i];
    const uint32_t *multipliers = RECORDS(m, uint32_t, level->multipliers, grid->axes);
    REQUIRE(multipliers && level->resolution >= 1 && level->firstRow >= 0 && level->mask >= NONE, "a level of a grid");
    uint64_t rows = 1 + (uint64_t)(level->mask == NONE ? 0 : level->mask);
    if (level->directory != 0) PASS_ON(check_blocks(m, level, multipliers, grid->axes, &rows));
    else if (level->mask == NONE)
      for (int axis = 0; axis < grid->axes; axis++) rows = plus(rows, times(level->resolution, multipliers[axis]));
    REQUIRE(level->rows >= 0 && (uint64_t)level->rows <= rows, "the rows of a level");
    const uint64_t floats = times(plus(level->firstRow, rows), grid->rowFeatures);
    REQUIRE(times(floats, FLOAT) <= UINT32_MAX && has_floats(m, grid->table, floats), "the table of a grid");
    if (in_backward && has_tape) PASS_ON(check_sums(c, grid, floats));
    if (in_backward && grid->tableGradient != ABSENT && !has_tape)
      REQUIRE(in_gradients(c, grid->tableGradient, floats), "the gradient of the table of a grid");
  }
  return NULL;
}

static Problem check_operand(const Checked *c, const Operand *operand, bool in_backward) {
  REQUIRE(is_row(c, operand->features, operand->stride) && is_jet(c, operand->jet, c->blocks, operand->stride),
          "an operand");
  if (!in_backward || c->is_adjoint || operand->gradient == ABSENT) return NULL;
  REQUIRE(operand->gradientBlocks == 1 || operand->gradientBlocks == c->blocks, "the gradient of an operand");
  REQUIRE(is_jet(c, operand->gradient, operand->gradientBlocks, operand->stride), "the gradient of an operand");
  REQUIRE(!operand->accumulates || is_jet(c, c->program->contribution, operand->gradientBlocks, operand->stride),
          "the room for a gradient");
  return NULL;
}

static Problem check_operation(const Checked *c, uint32_t address, bool in_backward) {
  const Memory *m = c->memory;
  const Operation *operation = RECORDS(m, Operation, address, 1);
  REQUIRE(operation, "an operation");
  const int features = operation->features, stride = operation->stride, count = operation->operandCount;
  REQUIRE(is_row(c, features, stride) && is_jet(c, operation->jet, c->blocks, stride), "the place of an operation");
  if (in_backward && !c->is_adjoint)
    REQUIRE(is_jet(c, operation->gradient, c->blocks, stride), "the gradient of an operation");
  const Operand *operands = RECORDS(m, Operand, operation->operands, count);
  REQUIRE(operands && count <= MAX_COUNT, "the operands of an operation");
  int64_t total = 0;
  bool are_alike = true;
  for (int i = 0; i < count; i++) {
    PASS_ON(check_operand(c, &operands[i], in_backward));
    total += operands[i].features;
    are_alike = are_alike && operands[i].features == features && operands[i].stride == stride;
  }
  const uint32_t detail = operation->detail;
  switch (operation->kind) {
    case OPERATION_LINEAR:
      REQUIRE(count == 1, "the operands of a linear operation");
      return check_linear(c, operation, operands, in_backward);
    case OPERATION_ELEMENTWISE:
      REQUIRE(count == 1 && are_alike, "the operand of an elementwise operation");
      return check_activation(c, detail, operation, false, 0);
    case OPERATION_CONCAT: REQUIRE(total <= features, "the operands of a concatenation"); return NULL;
    case OPERATION_SUM: REQUIRE(count > 0 && are_alike && has_floats(m, detail, count), "a sum"); return NULL;
    case OPERATION_PRODUCT: REQUIRE(count == 2 && are_alike, "the operands of a product"); return NULL;
    case OPERATION_COLUMNS: {
      const int32_t *columns = RECORDS(m, int32_t, detail, features);
      REQUIRE(count == 1 && columns, "the columns of an operation");
      for (int i = 0; i < features; i++) REQUIRE(columns[i] >= 0 && columns[i] < operands[0].features, "a column");
      return NULL;
    }
    case OPERATION_CONSTANT: {
      const Constant *constant = RECORDS(m, Constant, detail, 1);
      REQUIRE(constant && has_floats(m, constant->values, whole_vectors(m, features)), "a constant");
      REQUIRE(!in_backward || constant->gradient == ABSENT ||
                  in_gradients(c, constant->gradient, whole_vectors(m, features)),
              "the gradient of a constant");
      return NULL;
    }
    case OPERATION_GRID:
      REQUIRE(count == 1, "the operands of a grid");
      return check_grid_operation(c, operation, operands, in_backward);
    default: return "the kind of an operation";
  }
}

/** Floats of `blocks` blocks of all points: those of one field begin in the first block. */
static uint64_t block_floats(const Program *program, int blocks, int features) {
  return times(plus(times(blocks - 1, program->blockPoints), program->points), features);
}

static Problem check_inputs(const Checked *c) {
  const Memory *m = c->memory;
  const Program *program = c->program;
  const Input *inputs = RECORDS(m, Input, program->inputs, program->inputCount);
  REQUIRE(inputs && (!c->is_adjoint || program->inputCount == 1), "the inputs");
  for (int i = 0; i < program->inputCount; i++) {
    const Input *input = &inputs[i];
    REQUIRE(is_row(c, input->features, input->stride) && is_jet(c, input->jet, c->blocks, input->stride),
            "the place of an input");
    REQUIRE(input->sourceIsJet || c->forms->first <= input->stride, "the derivatives of an input");
    if (c->is_adjoint) REQUIRE(!input->sourceIsJet && input->features == c->forms->first, "the input");
    REQUIRE(has_floats(m, input->source, block_floats(program, input->sourceIsJet ? c->blocks : 1, input->features)),
            "the source of an input");
    if (!c->is_backward || input->gradient == ABSENT) continue;
    const int blocks = input->sourceIsJet ? c->blocks : 1;
    REQUIRE(c->is_adjoint || is_jet(c, input->gradient, blocks, input->stride), "the gradient of an input");
    REQUIRE(has_floats(m, input->sourceGradient, block_floats(program, blocks, input->features)),
            "where the gradient of an input goes");
  }
  return NULL;
}

/** What the passes by adjoints keep: rows as long as the longest. */
static Problem check_adjoint(const Checked *c, const uint32_t *operations) {
  const Memory *m = c->memory;
  const Adjoint *adjoint = RECORDS(m, Adjoint, c->program->adjoint, 1);
  REQUIRE(adjoint, "the adjoint");
  const Input *input = (const Input *)(m->bytes + c->program->inputs);
  int longest = input->stride, before = input->stride, features = input->features;
  for (int i = 0; i < c->program->operationCount; i++) {
    const Operation *operation = (const Operation *)(m->bytes + operations[i]);
    const Operand *operand = (const Operand *)(m->bytes + operation->operands);
    REQUIRE(operation->kind == OPERATION_LINEAR && operand->stride == before && operand->features == features,
            "a chain of linear operations");
    before = operation->stride;
    features = operation->features;
    if (before > longest) longest = before;
  }
  REQUIRE(features == 1, "the number of outputs");
  REQUIRE(
      is_jet(c, adjoint->g0, 1, longest) && is_jet(c, adjoint->g1, 1, longest) && is_jet(c, adjoint->g2, 1, longest),
      "the places of the adjoint");
  return NULL;
}

static bool is_target(const Checked *c, const Loss *loss, int index, int column, int features) {
  if (index < 0) return false;
  const LossTarget *target =
      RECORDS(c->memory, LossTarget, (uint64_t)loss->targets + (uint64_t)index * sizeof(LossTarget), 1);
  return target && column >= 0 && target->width > 0 && (int64_t)column + features <= target->width &&
         has_floats(c->memory, target->source, times(c->program->points, target->width));
}

static Problem check_loss(const Checked *c, int features) {
  const Memory *m = c->memory;
  const Loss *loss = RECORDS(m, Loss, c->program->loss, 1);
  REQUIRE(c->program->loss != 0 && loss && loss->features == features && features > 0, "the loss");
  PASS_ON(check_formula(c, loss->formula, loss->table, 2));
  const LossBlock *blocks = RECORDS(m, LossBlock, loss->blocks, c->out_blocks);
  REQUIRE(blocks, "the blocks of the loss");
  for (int i = 0; i < c->out_blocks; i++)
    REQUIRE(blocks[i].factor == 0 || blocks[i].target == NONE ||
                is_target(c, loss, blocks[i].target, blocks[i].column, features),
            "a target of the loss");
  REQUIRE(loss->weight == NONE || is_target(c, loss, loss->weight, 0, 1), "the weights of the loss");
  const LossTarget *weight =
      loss->weight == NONE ? NULL : RECORDS(m, LossTarget, loss->targets, loss->weight + 1) + loss->weight;
  REQUIRE(!weight || weight->width == 1 || weight->width >= features, "the weights of the loss");
  return NULL;
}

static bool is_program(uint32_t kind) {
  return kind <= JOB_SCALAR_GRADIENT_LOSS;
}

/** A program, but for the memory that it is given for each thread. */
static Problem check_program(const Memory *m, uint32_t kind, const Program *program) {
  const Forms *forms = RECORDS(m, Forms, program->forms, 1);
  REQUIRE(forms && forms->first >= 0 && forms->second >= 0 && forms->first < MAX_BLOCKS && forms->second < MAX_BLOCKS,
          "the forms");
  REQUIRE(program->points >= 0 && program->points <= program->blockPoints && program->blockPoints <= MAX_POINTS,
          "the number of points");
  REQUIRE(program->tilePoints >= 1 && program->tilePoints <= MAX_COUNT, "the points of a tile");
  const int32_t *pairs = RECORDS(m, int32_t, forms->pairs, 2 * (int64_t)forms->pairCount);
  REQUIRE(pairs && forms->pairCount <= MAX_BLOCKS * MAX_BLOCKS &&
              has_floats(m, forms->weights, times(forms->second, forms->pairCount)),
          "the pairs of the forms");
  for (int i = 0; i < 2 * forms->pairCount; i++)
    REQUIRE(pairs[i] >= 0 && pairs[i] < forms->first, "a pair of the forms");
  const bool is_adjoint = kind >= JOB_SCALAR_GRADIENT_FORWARD;
  const int blocks = 1 + forms->first + forms->second;
  const bool is_backward = kind != JOB_PROGRAM_FORWARD && kind != JOB_SCALAR_GRADIENT_FORWARD;
  const bool keeps = is_backward || is_adjoint || program->keptTileCount > 0;
  const Checked c = {m, program, forms, is_adjoint ? 1 : blocks, blocks, keeps, is_backward, is_adjoint};
  REQUIRE(!is_adjoint || forms->second == 0, "the forms");
  PASS_ON(check_inputs(&c));
  const int count = program->operationCount;
  const uint32_t *operations = RECORDS(m, uint32_t, program->operations, count);
  REQUIRE(operations && count >= 1 && count <= MAX_COUNT, "the operations");
  for (int i = 0; i < count; i++) PASS_ON(check_operation(&c, operations[i], is_adjoint && is_backward));
  const Operation *last = (const Operation *)(m->bytes + operations[count - 1]);
  if (is_adjoint) PASS_ON(check_adjoint(&c, operations));
  if (is_backward && !is_adjoint) {
    const uint32_t *backward = RECORDS(m, uint32_t, program->backwardOperations, program->backwardCount);
    REQUIRE(backward, "the operations of the backward pass");
    for (int i = 0; i < program->backwardCount; i++) PASS_ON(check_operation(&c, backward[i], true));
    REQUIRE(is_jet(&c, last->gradient, blocks, last->stride), "the gradient of the outputs");
  }
  const uint64_t outputs = block_floats(program, blocks, last->features);
  if (!is_backward) REQUIRE(has_floats(m, program->outputs, outputs), "the outputs");
  const bool is_loss = kind == JOB_PROGRAM_LOSS || kind == JOB_SCALAR_GRADIENT_LOSS;
  if (is_backward && (is_adjoint || !is_loss))
    REQUIRE(has_floats(m, program->upstream, outputs), "the derivatives of the outputs");
  return is_loss ? check_loss(&c, last->features) : NULL;
}

/** Memory for each thread. */
static Problem check_rooms(const Memory *m, const Program *program, uint32_t scratch, uint32_t gradients,
                           uint64_t threads, bool is_backward) {
  REQUIRE(
      scratch % 16 == 0 && program->scratchBytes % 16 == 0 && has(m, scratch, times(threads, program->scratchBytes)),
      "the scratch");
  REQUIRE(!is_backward || (program->gradientBytes % FLOAT == 0 &&
                           has_floats(m, gradients, times(threads, program->gradientBytes) / FLOAT)),
          "the gradients");
  return NULL;
}

/** Rows of tables are added up from the tapes of a program, for whose operations `check_program` has been passed. */
static Problem check_table_gradients(const Memory *m, uint32_t job, int threads) {
  const Program *program = RECORDS(m, Program, job, 1);
  REQUIRE(program, "the program");
  PASS_ON(check_program(m, JOB_PROGRAM_FORWARD, program));
  PASS_ON(check_rooms(m, program, program->scratch, program->gradients, threads, false));
  const Forms *forms = RECORDS(m, Forms, program->forms, 1);
  const int blocks = 1 + forms->first + forms->second;
  const Checked c = {m, program, forms, blocks, blocks, false, true, false};
  const uint32_t *operations = RECORDS(m, uint32_t, program->tableOperations, program->tableOperationCount);
  REQUIRE(operations && program->tableParts >= 1, "the operations with tables");
  for (int i = 0; i < program->tableOperationCount; i++) {
    PASS_ON(check_operation(&c, operations[i], true));
    const Operation *operation = (const Operation *)(m->bytes + operations[i]);
    REQUIRE(operation->kind == OPERATION_GRID && ((const Grid *)(m->bytes + operation->detail))->tape != NONE,
            "an operation with a table");
  }
  return NULL;
}

static Problem check_program_job(const Memory *m, uint32_t kind, uint32_t job, int threads) {
  const Program *program = RECORDS(m, Program, job, 1);
  REQUIRE(program, "the program");
  PASS_ON(check_program(m, kind, program));
  const bool is_backward = kind != JOB_PROGRAM_FORWARD && kind != JOB_SCALAR_GRADIENT_FORWARD;
  PASS_ON(check_rooms(m, program, program->scratch, program->gradients, threads, is_backward));
  REQUIRE(program->keptTileCount >= 0 && (program->keptTileCount == 0 || program->keptTiles % 16 == 0) &&
              (program->keptTileCount == 0 ||
               has(m, program->keptTiles, times(program->keptTileCount, program->scratchBytes))),
          "the tiles that are kept");
  // A record of a loss that another kind of job does not read is not looked at.
  if (program->loss == 0) return NULL;
  const Loss *loss = RECORDS(m, Loss, program->loss, 1);
  REQUIRE(loss && loss->sums % 8 == 0 && has(m, loss->sums, times(threads, SUM_BYTES)), "the sums of the loss");
  return NULL;
}

/** What `field` reads and writes; formulas of numbers that are the same for all elements among it. */
static Problem check_packing(const Memory *m, const Packing *record, uint32_t field) {
  const uint64_t address = record->source + times(field, record->fieldBytes);
  const int64_t rows = record->rows, columns = record->columns;
  REQUIRE(address <= UINT32_MAX && record->target % FLOAT == 0 && rows >= 0 && columns >= 0, "a parameter");
  switch (record->kind) {
    case PACK_PANELS:
      REQUIRE(has_floats(m, address, times(rows, columns)) && has(m, record->target, weight_bytes(m, rows, columns)),
              "a matrix");
      return NULL;
    case PACK_TRANSPOSED:
      REQUIRE(has_floats(m, address, times(rows, columns)) && has(m, record->target, weight_bytes(m, columns, rows)),
              "a transposed matrix");
      return NULL;
    case PACK_COPY:
      REQUIRE(rows == 0 ||
                  (has_floats(m, address, plus(times(rows - 1, columns), 1)) && has_floats(m, record->target, rows)),
              "a vector");
      return NULL;
    case PACK_ENTRY:
      REQUIRE(has_floats(m, address, 1) && has(m, record->target, ENTRY_BYTES), "an entry of a table");
      return NULL;
    case PACK_ADDRESS: REQUIRE(has(m, record->target, 4), "an address"); return NULL;
    case PACK_FORMULA: {
      const Formula *formula = RECORDS(m, Formula, address, 1);
      REQUIRE(formula, "a formula");
      const Instruction *list = RECORDS(m, Instruction, formula->instructions, formula->instructionCount);
      REQUIRE(list, "the instructions of a formula");
      for (int i = 0; i < formula->instructionCount; i++) {
        const uint64_t table = record->target;
        REQUIRE(list[i].op >= OP_NEG && list[i].op <= OP_COPY && list[i].op != OP_SINE_AND_COSINE,
                "the kind of an instruction");
        REQUIRE(has_floats(m, table + list[i].target, ENTRY_BYTES / FLOAT) &&
                    (list[i].stepA | list[i].stepB | list[i].stepC) == 0 && has_floats(m, table + list[i].offsetA, 1) &&
                    has_floats(m, table + list[i].offsetB, 1) && has_floats(m, table + list[i].offsetC, 1),
                "an operand of an instruction");
      }
      return NULL;
    }
    default: return "the kind of a parameter";
  }
}

Problem check_packings(const Memory *m, uint32_t list, uint32_t count, uint32_t field) {
  const Packing *records = RECORDS(m, Packing, list, count);
  REQUIRE(records && count <= INT32_MAX && field <= INT32_MAX, "the list");
  for (uint32_t i = 0; i < count; i++) PASS_ON(check_packing(m, &records[i], field));
  return NULL;
}

/** @param fields how many have gradients of their own */
static Problem check_collected(const Memory *m, uint64_t list, int64_t count, uint64_t sums, uint32_t flat,
                               uint32_t fields) {
  const Collection *records = RECORDS(m, Collection, list, count);
  REQUIRE(records && count <= INT32_MAX, "the list");
  for (int64_t i = 0; i < count; i++) {
    const Collection *record = &records[i];
    const int64_t rows = record->rows, columns = record->columns;
    REQUIRE(rows >= 0 && columns >= 0 && (record->kind == COLLECT_PANELS || record->kind == COLLECT_COPY),
            "a gradient");
    const bool is_matrix = record->kind == COLLECT_PANELS;
    const uint64_t target = plus(record->target, times(fields > 0 ? fields - 1 : 0, record->fieldBytes));
    const uint64_t from =
        is_matrix ? times(padded_rows(rows), whole_vectors(m, columns)) : (uint64_t)whole_vectors(m, rows);
    const uint64_t to = is_matrix ? times(rows, columns) : rows == 0 ? 0 : plus(times(rows - 1, columns), 1);
    REQUIRE(target <= UINT32_MAX && has_floats(m, sums + record->source, from) && has_floats(m, flat + target, to),
            "a gradient");
  }
  return NULL;
}

Problem check_collections(const Memory *m, uint32_t list, uint32_t count, uint32_t sums, uint32_t flat) {
  return check_collected(m, list, count, sums, flat, 1);
}

/** The image of the program of one thread, in which the thread's packings and addresses lie too. */
static Problem check_image(const Memory *m, const FieldsJob *job, uint32_t thread) {
  const uint64_t image = job->images + times(thread, job->imageBytes);
  REQUIRE(image % 4 == 0 && has(m, image, job->imageBytes), "the images");
  REQUIRE(job->program % 4 == 0 && is_within(job->program, sizeof(Program), job->imageBytes), "the program");
  REQUIRE(is_within(job->packings, times(job->packingCount, sizeof(Packing)), job->imageBytes), "the parameters");
  REQUIRE(is_within(job->collections, times(job->collectionCount, sizeof(Collection)), job->imageBytes),
          "the gradients");
  return NULL;
}

Problem check_fields(const Memory *m, uint32_t address, uint32_t threads) {
  const FieldsJob *job = RECORDS(m, FieldsJob, address, 1);
  REQUIRE(job, "the job");
  REQUIRE(job->fields >= 0 && job->points >= 1 && times(job->fields, job->points) <= MAX_POINTS,
          "the number of points");
  REQUIRE(job->tilePoints >= 1 && job->tilePoints <= MAX_COUNT, "the points of a tile");
  REQUIRE(job->tileJob >= 0 && is_program(job->tileJob), "the kind of work");
  const FieldAddress *records = RECORDS(m, FieldAddress, job->addresses, job->addressCount);
  REQUIRE(records, "the addresses");
  for (int i = 0; i < job->addressCount; i++)
    REQUIRE(records[i].offset % 4 == 0 && is_within(records[i].offset, 4, job->imageBytes) &&
                plus(records[i].first, times(job->fields, records[i].fieldBytes)) <= UINT32_MAX,
            "an address");
  REQUIRE(
      job->sums == 0 || (job->sums % 8 == 0 && job->firstSums % 8 == 0 && has(m, job->sums, times(job->fields, 8)) &&
                         has(m, job->firstSums, times(threads, SUM_BYTES))),
      "the sums of the losses");
  const bool is_loss = job->tileJob == JOB_PROGRAM_LOSS || job->tileJob == JOB_SCALAR_GRADIENT_LOSS;
  REQUIRE(job->sums != 0 || !is_loss, "the sums of the losses");
  for (uint32_t thread = 0; thread < threads; thread++) {
    PASS_ON(check_image(m, job, thread));
    const uint64_t image = job->images + times(thread, job->imageBytes);
    const Program *program = (const Program *)(m->bytes + image + job->program);
    const Program *first = (const Program *)(m->bytes + job->images + job->program);
    REQUIRE(program->scratchBytes == first->scratchBytes && program->gradientBytes == first->gradientBytes,
            "the programs of the threads");
    PASS_ON(check_rooms(m, program, job->scratch, job->gradients, thread + 1, false));
    const uint64_t gradients = job->gradients + times(2 * thread, program->gradientBytes);
    REQUIRE(program->gradientBytes % FLOAT == 0 && has_floats(m, gradients, times(2, program->gradientBytes) / FLOAT),
            "the gradients");
    for (int which = 0; which < 2; which++)
      PASS_ON(check_collected(m, image + job->collections, job->collectionCount,
                              gradients + which * program->gradientBytes, job->flat, job->fields));
  }
  return NULL;
}

/** The program of one thread, with the addresses of the first field and of the last; others lie between them. */
static Problem check_fields_share(const Memory *m, uint32_t address, int thread) {
  const FieldsJob *job = RECORDS(m, FieldsJob, address, 1);
  if (job->fields == 0) return NULL;
  const uint64_t image = job->images + times(thread, job->imageBytes);
  Program *program = (Program *)(m->bytes + image + job->program);
  program->points = job->points;
  program->blockPoints = job->fields * job->points;
  program->tilePoints = job->tilePoints;
  const FieldAddress *records = RECORDS(m, FieldAddress, job->addresses, job->addressCount);
  const Packing *packings = RECORDS(m, Packing, image + job->packings, job->packingCount);
  REQUIRE(packings, "the parameters");
  for (int end = 0; end < 2; end++) {
    const uint32_t field = end == 0 ? 0 : job->fields - 1;
    PASS_ON(check_packings(m, image + job->packings, job->packingCount, field));
    for (int i = 0; i < job->packingCount; i++)
      if (packings[i].kind == PACK_ADDRESS)
        *(uint32_t *)(m->bytes + packings[i].target) = packings[i].source + field * packings[i].fieldBytes;
    for (int i = 0; i < job->addressCount; i++)
      *(uint32_t *)(m->bytes + image + records[i].offset) = records[i].first + field * records[i].fieldBytes;
    PASS_ON(check_program(m, job->tileJob, program));
  }
  return NULL;
}

static Problem check_adam(const Memory *m, uint32_t address) {
  const AdamJob *job = RECORDS(m, AdamJob, address, 1);
  REQUIRE(job, "the job");
  REQUIRE(job->bytes % FLOAT == 0 && job->tileBytes >= 64 && job->tileBytes % 64 == 0, "the number of bytes");
  const int64_t count = whole_vectors(m, job->bytes / FLOAT);
  REQUIRE(has_floats(m, job->parameters, count) && has_floats(m, job->gradient, count) &&
              has_floats(m, job->first, count) && has_floats(m, job->second, count),
          "a vector");
  return NULL;
}

Problem check_matrix(const Memory *m, uint32_t source, uint32_t depth, uint32_t columns, uint32_t target) {
  const Problem problem = check_weight(depth, columns);
  if (problem) return problem;
  REQUIRE(has_floats(m, source, times(depth, columns)) && target % FLOAT == 0 &&
              has(m, target, weight_bytes(m, depth, columns)),
          "a matrix");
  return NULL;
}

static Problem check_product(const Memory *m, uint32_t address) {
  const ProductJob *job = RECORDS(m, ProductJob, address, 1);
  REQUIRE(job, "the job");
  if (job->rows == 0) return NULL;
  const int64_t columns = (int64_t)job->panelCount * m->kernels->panel;
  REQUIRE(job->rows > 0 && job->rows <= MAX_POINTS && job->k >= 0 && job->panelCount >= 0 && job->tileRows >= 1 &&
              job->tileRows <= MAX_COUNT,
          "the shape of a product");
  REQUIRE(has_floats(m, job->a, plus(times(job->rows - 1, job->strideA), job->k)) && job->panels % FLOAT == 0 &&
              has(m, job->panels, weight_bytes(m, job->k, columns)) &&
              has_floats(m, job->c, plus(times(job->rows - 1, job->strideC), columns)),
          "a matrix");
  return NULL;
}

Problem check_job(const Memory *m, uint32_t kind, uint32_t job, int threads) {
  if (is_program(kind)) return check_program_job(m, kind, job, threads);
  switch (kind) {
    case JOB_MANY_FIELDS: return check_fields(m, job, threads);
    case JOB_PRODUCT: return check_product(m, job);
    case JOB_TABLE_GRADIENTS: return check_table_gradients(m, job, threads);
    case JOB_ADAM: return check_adam(m, job);
    default: return "the kind of the job";
  }
}

Problem check_share(const Memory *m, uint32_t kind, uint32_t job, int thread) {
  return kind == JOB_MANY_FIELDS ? check_fields_share(m, job, thread) : NULL;
}
