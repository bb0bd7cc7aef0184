/**
 * What a window of the till may load, whether Electron's own protocol or the web server serves it: our files and photos,
 * nothing inline, nothing from anywhere else. `connect-src 'self'` covers the WebSocket of the same address.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  // Films that were just recorded or chosen, before they are kept.
  "media-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The one file that may compile WebAssembly: the reader of codes, in a worker of its own. The page may not. */
const CAMERA_WORKER = /\/camera-worker-[\w-]+\.js$/;
const CAMERA_WORKER_POLICY = CONTENT_SECURITY_POLICY.replace(
  "script-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
);

/** Headers of a window's page or file, by the path it is asked for. */
export function windowHeaders(path: string): Readonly<Record<string, string>> {
  return CAMERA_WORKER.test(path)
    ? { ...COMMON_HEADERS, 'content-security-policy': CAMERA_WORKER_POLICY }
    : { ...COMMON_HEADERS, 'content-security-policy': CONTENT_SECURITY_POLICY };
}

const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(self), microphone=(), geolocation=(), display-capture=()',
};
