/**
 * @file Packs parameters from the flat vector into the kernels' layout, and collects gradients into a flat vector;
 * see `assembly/parameters.ts` of kernels-wasm.
 */
#pragma once
#include "product.h"
#include "tile.h"

/**
 * Packs the parameters of a field; `list` is the address of `count` records of Packing.
 */
static void pack_parameters(uint8_t *memory, uint32_t list, int count, int field) {
  const Packing *records = at(memory, list);
  for (int index = 0; index < count; index++) {
    const Packing *record = &records[index];
    const uint32_t address = record->source + (uint32_t)field * record->fieldBytes;
    const float *source = at(memory, address);
    float *target = at(memory, record->target);
    const int rows = record->rows, columns = record->columns;
    switch (record->kind) {
      case PACK_PANELS: pack_panels(source, rows, columns, target); break;
      case PACK_TRANSPOSED: pack_transposed_panels(source, columns, rows, target); break;
      case PACK_COPY:
        for (int i = 0; i < rows; i++) target[i] = source[(size_t)i * columns];
        break;
      case PACK_ENTRY:
        for (int i = 0; i < ENTRY; i++) target[i] = *source;
        break;
      case PACK_FORMULA: {
        const Formula *formula = (const Formula *)source;
        run_instructions(at(memory, formula->instructions), formula->instructionCount, target, target, VW, true);
        break;
      }
      case PACK_ADDRESS: *(uint32_t *)target = address; break;
      default: __builtin_trap();
    }
  }
}

static void collect(const Collection *record, uint8_t *sums, uint8_t *flat, int field) {
  const int rows = record->rows, columns = record->columns;
  const float *source = floats(sums, record->source);
  float *target = floats(flat, record->target + (uint32_t)field * record->fieldBytes);
  if (record->kind == COLLECT_PANELS) {
    const int padded_rows = (rows + 3) & ~3;
    for (int column = 0; column < columns; column += VW) {
      const float *panel = source + (size_t)column * padded_rows;
      const int width = min_int(columns - column, VW);
      for (int i = 0; i < rows; i++) {
        const float *from = panel + (size_t)i * VW;
        float *to = target + (size_t)i * columns + column;
        if (width == VW) store(to, load(to) + load(from));
        else
          for (int j = 0; j < width; j++) to[j] += from[j];
      }
    }
  } else
    for (int i = 0; i < rows; i++) target[(size_t)i * columns] += source[i];
}

/** Which of the parameters are collected. */
typedef enum { ALL_PARAMETERS, SHARED_PARAMETERS } CollectedParameters;

/** Adds gradients to the flat gradient; `list` is the address of `count` records of Collection. */
static void collect_gradients(uint8_t *memory, uint32_t list, int count, CollectedParameters which, uint8_t *sums,
                              uint8_t *flat) {
  const Collection *records = at(memory, list);
  for (int index = 0; index < count; index++)
    if (which == ALL_PARAMETERS || records[index].fieldBytes == 0) collect(&records[index], sums, flat, 0);
}

/** The same for the parameters that are a field's own; their sums are reset to 0. */
static void collect_own(uint8_t *memory, uint32_t list, int count, uint8_t *sums, uint8_t *flat, int field) {
  const Collection *records = at(memory, list);
  for (int index = 0; index < count; index++) {
    const Collection *record = &records[index];
    if (record->fieldBytes == 0) continue;
    collect(record, sums, flat, field);
    const int rows = record->rows;
    const size_t count = record->kind == COLLECT_PANELS ? (size_t)((rows + 3) & ~3) * whole_vectors(record->columns)
                                                        : (size_t)whole_vectors(rows);
    memset(sums + record->source, 0, count * sizeof(float));
  }
}
