/** Describes bytes for messages: `text ("hello")` or `5 bytes (de ad be ef ...)`. */
export const describeBytes = (bytes: Uint8Array): string => {
  if (bytes.length === 0) return '0 bytes';
  const start = bytes.subarray(0, 24);
  const printable = start.every(byte => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13);
  if (printable) return `text (${JSON.stringify(String.fromCharCode(...start))}${bytes.length > 24 ? ' ...' : ''})`;
  const hex = [...bytes.subarray(0, 8)].map(byte => byte.toString(16).padStart(2, '0')).join(' ');
  return `${bytes.length} bytes (${hex}${bytes.length > 8 ? ' ...' : ''})`;
};
