/** Gives the person a text file, wherever their browser or system puts downloads. */
export function saveFile(fileName: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  // The download has begun by the next turn and needs the address no longer.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
