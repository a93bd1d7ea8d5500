export { describeFinding, expectNoFindings, type ReaderResult } from './expect-no-findings.ts';
export type { FuzzTarget } from './fuzz-target.ts';
export { mutate } from './mutate.ts';
export type { Finding, FindingKind } from './protocol.ts';
export { createSupervisor, type RangeResult, type Supervisor } from './supervisor.ts';
