// The sample dashboard: sign in, see environments, create one. Server text only ever becomes textContent.

const API = '/edge/api';
const REFRESH_MS = 3000;
const COMMAND_TITLES = {
  standalone: 'Docker: run on the remote machine',
  swarm: 'Swarm: run on a manager',
  stack: 'Swarm: stack file',
  podman: 'Podman: run on the remote machine',
};

const byId = (id) => document.getElementById(id);
let refreshTimer;

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
  clearTimeout(refreshTimer);
  byId('sign-in').hidden = signedIn;
  byId('signed-in').hidden = !signedIn;
  byId('sign-out').hidden = !signedIn;
  byId(signedIn ? 'name' : 'password').focus();
  if (signedIn) refresh();
  else byId('commands').replaceChildren();
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
    refreshIn(5 * REFRESH_MS);
  }
}

async function showEnvironments() {
  const { items, nextCursor } = await call('GET', `${API}/environments`);
  byId('environments').replaceChildren(...items.map(row));
  byId('none').hidden = items.length > 0;
  byId('more').hidden = nextCursor === null;
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

/** One timer only, also when a refresh was asked for beside the regular one. */
function refreshIn(ms) {
  clearTimeout(refreshTimer);
  refreshTimer = setTimeout(refresh, ms);
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
