/** @file Where tests find the receivers' data of the SIREN authors, which are not a part of this repository. */

/** The path of `data_cylinder_5.mat`, where the environment names it; otherwise empty. */
export const authorsFile: string = process.env['RECEIVERS_FILE'] ?? '';

/** Why a test that needs it is skipped. */
export const authorsFileMissing = "needs RECEIVERS_FILE to name data_cylinder_5.mat of the SIREN authors' repository";
