/**
 * A code as the address of a picture, for an `img`. The drawer of codes is loaded when the first is needed: no other screen
 * pays for it.
 */
export async function drawCode(bcid: 'qrcode' | 'code128', text: string): Promise<string> {
  const { toSVG } = await import('bwip-js/browser');
  return `data:image/svg+xml,${encodeURIComponent(toSVG({ bcid, text, paddingwidth: 0, paddingheight: 0 }))}`;
}
