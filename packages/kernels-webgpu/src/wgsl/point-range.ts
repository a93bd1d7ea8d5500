/**
 * @file Which points the workgroups of a dispatch have. In programs for many fields the points of field f are `f *
 *   sizes.fieldPoints` and those that follow. What uses parameters of each field's own runs field by field, along the
 *   dispatch's third dimension, so that a workgroup has one field.
 */

/** All points, or those of one field. */
export interface PointRange {
  /** What a shader needs beside its own sizes and declarations. */
  readonly sizes: readonly string[];
  readonly declarations: readonly string[];
  /** The statement with which it begins. */
  readonly begin: string;
  /** A point that is numbered within the range, as an expression. */
  readonly pointOf: (numbered: string) => string;
  /** The end of the range. */
  readonly end: string;
  /** A workgroup that is numbered within the range, as an expression. */
  readonly workgroupOf: (numbered: string) => string;
}

const allPoints: PointRange = {
  sizes: [],
  declarations: [],
  begin: '',
  pointOf: numbered => numbered,
  end: 'sizes.points',
  workgroupOf: numbered => numbered,
};

/** The field of a shader's parameters. */
export const FIELD = 'var<private> field: u32;';

const pointsOfField: PointRange = {
  sizes: ['fieldPoints', 'fields', 'fieldGroups'],
  declarations: [FIELD],
  begin: 'field = group.z;',
  pointOf: numbered => `field * sizes.fieldPoints + ${numbered}`,
  end: '(field + 1u) * sizes.fieldPoints',
  workgroupOf: numbered => `field * sizes.fieldGroups + ${numbered}`,
};

/** The points of a workgroup. */
export const pointRange = (perField: boolean): PointRange => (perField ? pointsOfField : allPoints);
