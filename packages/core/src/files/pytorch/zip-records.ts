/** @file The records of zip files: APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16. Lengths without names. */

/** The signature of the header before the data of a member. */
export const LOCAL_HEADER = 0x04034b50;
export const LOCAL_HEADER_BYTES = 30;
/** The signature of an entry of the directory. */
export const CENTRAL_HEADER = 0x02014b50;
export const CENTRAL_HEADER_BYTES = 46;
/** The signature of the record at the end of the directory. */
export const END = 0x06054b50;
export const END_BYTES = 22;
/** The compression method of members that are not compressed. */
export const STORED = 0;
