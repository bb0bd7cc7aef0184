/** Gives the person a file, wherever their browser or system puts downloads. A text is JSON or the like. */
export function saveFile(fileName: string, content: string | Blob): void {
  const blob = typeof content === 'string' ? new Blob([content], { type: 'application/json' }) : content;
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  // The download has begun by the next turn and needs the address no longer.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
