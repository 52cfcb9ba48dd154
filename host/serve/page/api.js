// The server, as the page asks it; and the few words that all parts use.

/** What is brought in place of cookies, where the server wants it. */
const TOKEN = 'darkroom-token';

/** Fields for a request of the user's own. */
export function identity() {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { authorization: `Bearer ${token}` } : {};
}

/** Asks for a token, until there is one. Several requests may wait for one answer. */
let asking;
function login(problem) {
  asking ??= new Promise((resolve) => {
    const dialog = document.querySelector('#login');
    dialog.querySelector('.problem').textContent = problem;
    dialog.addEventListener('close', () => {
      sessionStorage.setItem(TOKEN, dialog.querySelector('input').value.trim());
      asking = undefined;
      resolve();
    }, { once: true });
    dialog.addEventListener('cancel', (event) => event.preventDefault());
    dialog.showModal();
  });
  return asking;
}

/** A request in the user's name. Errors are thrown with the server's own words. */
export async function ask(path, init = {}) {
  for (;;) {
    const brought = identity();
    const response = await fetch(path, { ...init, headers: { ...init.headers, ...brought } });
    // Another request may have got a token meanwhile.
    if (response.status === 401 && brought.authorization !== identity().authorization) continue;
    if (response.status === 401) {
      await login(brought.authorization ? 'That token is not known.' : '');
    } else if (response.ok) {
      return response;
    } else {
      throw new Error(await reason(response));
    }
  }
}

/** Why an answer is none. */
export async function reason(response) {
  const text = (await response.text()).trim();
  try {
    return JSON.parse(text).error ?? text;
  } catch {
    return text || `The server answered ${response.status}.`;
  }
}

/** The path of an image of this server. */
export const image = (options, key) => `/image/${options}/${key.split('/').map(encodeURIComponent).join('/')}`;

/** The file's own name, out of an upload's key. */
export const fileName = (key) => key.split('/').pop().replace(/^\d{8}_\d{6}_[0-9a-f]{16}_/, '');

/** Bytes for people, in powers of ten as files and networks are measured. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : [bytes / 1e6, 'MB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** Milliseconds for people. */
export const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`);

/** `image/webp` → `WebP`. */
export function format(type) {
  const name = (type ?? '').replace(/^image\//, '').replace(/;.*/, '');
  return { webp: 'WebP' }[name] ?? name.toUpperCase();
}

/** An element with properties, `data-` and `aria-` attributes among them, and children. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes('-') || key === 'for' || key === 'role') made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}
