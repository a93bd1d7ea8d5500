/**
 * @file The points that the workgroups of a dispatch process. In programs for many fields, the points of field f begin
 *   at `f * sizes.fieldPoints`. Shaders with per-field parameters run field by field, along the dispatch's third
 *   dimension, so that each workgroup has points of only one field.
 */

/** All points, or those of one field. */
export interface PointRange {
  /** Additional sizes and declarations of the shader. */
  readonly sizes: readonly string[];
  readonly declarations: readonly string[];
  /** The first statement of the shader. */
  readonly begin: string;
  /** The index of a point, given its index within the range, as an expression. */
  readonly pointOf: (numbered: string) => string;
  /** The end of the range. */
  readonly end: string;
  /** The index of a workgroup, given its index within the range, as an expression. */
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

/** The declaration of the variable with the current field. */
export const FIELD = 'var<private> field: u32;';

const pointsOfField: PointRange = {
  sizes: ['fieldPoints', 'fields', 'fieldGroups'],
  declarations: [FIELD],
  begin: 'field = group.z;',
  pointOf: numbered => `field * sizes.fieldPoints + ${numbered}`,
  end: '(field + 1u) * sizes.fieldPoints',
  workgroupOf: numbered => `field * sizes.fieldGroups + ${numbered}`,
};

/** The range of a workgroup's points. */
export const pointRange = (perField: boolean): PointRange => (perField ? pointsOfField : allPoints);
