// The sample dashboard: sign in, see environments, create one. Server text only ever becomes textContent.

const API = '/edge/api';
/** Events tell when to look again; this is for what they do not tell, such as the last check-ins. */
const REFRESH_MS = 30_000;
const RETRY_MS = 5_000;
/** Events that come together are one reason to look. */
const SOON_MS = 300;
const COMMAND_TITLES = {
  standalone: 'Docker: run on the remote machine',
  swarm: 'Swarm: run on a manager',
  stack: 'Swarm: stack file',
  podman: 'Podman: run on the remote machine',
};

const byId = (id) => document.getElementById(id);
let refreshTimer = null;
let refreshAt = 0;
let following = new AbortController();

/** Calls the API. The header proves that this page sends the cookie, and not a page of someone else's. */
async function call(method, path, body) {
  const headers = { 'X-Fairlead-CSRF': '1', ...(body && { 'Content-Type': 'application/json' }) };
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : null;
  if (!response.ok)
    throw Object.assign(new Error(answer?.detail ?? response.statusText), { status: response.status });
  return answer;
}

/** Runs what a user asked for; what goes wrong is told at the top, and a lost session leads to the sign-in form. */
async function attempt(work) {
  byId('notice').hidden = true;
  try {
    await work();
  } catch (error) {
    if (error.status === 401) show(false);
    tell(error.message);
  }
}

function tell(message) {
  byId('notice').textContent = message;
  byId('notice').hidden = false;
}

function show(signedIn) {
  following.abort();
  clearTimeout(refreshTimer);
  refreshTimer = null;
  byId('sign-in').hidden = signedIn;
  byId('signed-in').hidden = !signedIn;
  byId('sign-out').hidden = !signedIn;
  byId(signedIn ? 'name' : 'password').focus();
  if (signedIn) {
    following = new AbortController();
    follow(following.signal);
    refresh();
  } else byId('commands').replaceChildren();
}

/** Whatever comes is a reason to look again, and nothing more: a larger page would apply the events to what it has. */
async function follow(signal) {
  while (!signal.aborted) {
    try {
      const response = await fetch(`${API}/events`, { headers: { 'X-Fairlead-CSRF': '1' }, signal });
      const reader = response.ok ? response.body.getReader() : null;
      while (reader && !(await reader.read()).done) refreshIn(SOON_MS);
    } catch {
      // The hub is away, or the user signed out.
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function refresh() {
  try {
    const { plugins } = await call('GET', '/api/plugins');
    showPlugins(plugins);
    // Others may be here too; this page knows the API of the one at its mount.
    const isOn = plugins.some(({ mount, state }) => API.startsWith(`${mount}/`) && state === 'on');
    byId('list').hidden = !isOn;
    byId('creation').hidden = !isOn;
    if (isOn) await showEnvironments();
    refreshIn(REFRESH_MS);
  } catch (error) {
    if (error.status === 401) return show(false);
    tell(`The list is not up to date: ${error.message}`);
    refreshIn(RETRY_MS);
  }
}

async function showEnvironments() {
  const search = byId('search').value;
  const query = new URLSearchParams({ sort: 'name', search });
  const { items, total } = await call('GET', `${API}/environments?${query}`);
  byId('environments').replaceChildren(...items.map(row));
  byId('none').hidden = total > 0 || search !== '';
  byId('more').hidden = search === '' && items.length === total;
  byId('more').textContent = `${items.length} of ${total} shown.`;
}

/** Rows stay as they are while nothing changes: a button under someone's finger must not be replaced. */
function showPlugins(plugins) {
  const shown = JSON.stringify(plugins);
  if (byId('plugins').dataset.shown === shown) return;
  byId('plugins').dataset.shown = shown;
  byId('plugins').replaceChildren(...plugins.map(pluginRow));
}

function pluginRow({ id, name, version, mount, enabled, state, problem }) {
  const stated = problem ? `${state}: ${problem}` : state;
  const isOff = !enabled || state === 'failed';
  const button = element('button', { type: 'button', textContent: isOff ? 'Enable' : 'Disable' });
  button.setAttribute('aria-label', `${button.textContent} ${name}`);
  button.addEventListener('click', () =>
    attempt(async () => {
      button.disabled = true;
      await call('PATCH', `/api/plugins/${id}`, { enabled: isOff }).finally(() => {
        button.disabled = false;
      });
      await refresh();
    }),
  );
  const cells = [name, version, mount, stated].map((text) => element('td', { textContent: text }));
  return element('tr', {}, ...cells, element('td', {}, button));
}

/** One timer only; what was asked for sooner stays. */
function refreshIn(ms) {
  const at = Date.now() + ms;
  if (refreshTimer !== null && refreshAt <= at) return;
  clearTimeout(refreshTimer);
  refreshAt = at;
  refreshTimer = setTimeout(() => {
    refreshTimer = null;
    refresh();
  }, ms);
}

function row({ name, status, tunnel, lastCheckInAt, problem }) {
  const state = problem ? `${status}: ${problem.detail}` : status;
  const seen = lastCheckInAt ? new Date(lastCheckInAt).toLocaleString() : 'never';
  return element(
    'tr',
    {},
    ...[name, state, tunnel, seen].map((text) => element('td', { textContent: text })),
  );
}

function command([kind, text]) {
  const copy = element('button', { type: 'button', textContent: 'Copy' });
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = 'Copied';
  });
  const title = element('figcaption', { textContent: COMMAND_TITLES[kind] ?? kind });
  return element('figure', {}, title, element('pre', { textContent: text, tabIndex: 0 }), copy);
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function onSubmit(id, work) {
  byId(id).addEventListener('submit', async (event) => {
    event.preventDefault();
    // A second press must not create a second environment.
    event.submitter.disabled = true;
    await attempt(work);
    event.submitter.disabled = false;
  });
}

onSubmit('sign-in', async () => {
  await call('POST', '/api/session', { password: byId('password').value });
  byId('password').value = '';
  show(true);
});

onSubmit('create', async () => {
  const made = await call('POST', `${API}/environments`, {
    name: byId('name').value,
    url: byId('url').value || undefined,
  });
  byId('name').value = '';
  const note = element('p', { textContent: 'Run one of these. The key in them is shown this once.' });
  byId('commands').replaceChildren(note, ...Object.entries(made.commands).map(command));
  await refresh();
});

byId('search').addEventListener('input', () => refreshIn(SOON_MS));

byId('sign-out').addEventListener('click', () =>
  attempt(async () => {
    await call('DELETE', '/api/session');
    show(false);
  }),
);

byId('url').placeholder = `${location.origin}/edge`;
call('GET', '/api/session').then(
  () => show(true),
  () => show(false),
);
