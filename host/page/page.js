// The sample dashboard: sign in, plugins and their panels. Server text is only assigned to textContent.

/** Refresh interval, to show changes by other admins. */
const REFRESH_MS = 30_000;

const byId = (id) => document.getElementById(id);
let refreshTimer = null;

/** Calls the API. The header proves that this page sends the cookie, not one of another origin. */
async function call(method, path, body) {
  const headers = { 'X-Fairlead-CSRF': '1', ...(body && { 'Content-Type': 'application/json' }) };
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : null;
  if (!response.ok)
    throw Object.assign(new Error(answer?.detail ?? response.statusText), { status: response.status });
  return answer;
}

/** Runs a user's action; shows errors at the top, and the sign-in form after the session has ended. */
async function attempt(work) {
  byId('notice').hidden = true;
  try {
    await work();
  } catch (error) {
    if (error.status === 401) show(false);
    showNotice(error.message);
  }
}

function showNotice(message) {
  byId('notice').textContent = message;
  byId('notice').hidden = false;
}

function show(signedIn) {
  clearTimeout(refreshTimer);
  byId('sign-in').hidden = signedIn;
  byId('signed-in').hidden = !signedIn;
  byId('sign-out').hidden = !signedIn;
  if (signedIn) refresh();
  else {
    byId('panels').replaceChildren();
    byId('password').focus();
  }
}

async function refresh() {
  clearTimeout(refreshTimer);
  try {
    const { plugins } = await call('GET', '/api/plugins');
    showPlugins(plugins);
    await showPanels(plugins);
  } catch (error) {
    if (error.status === 401) return show(false);
    showNotice(error.message);
  }
  if (!byId('signed-in').hidden) refreshTimer = setTimeout(refresh, REFRESH_MS);
}

/** Adds and removes panels with the state of their plugins; existing ones stay unchanged. */
async function showPanels(plugins) {
  const wanted = plugins.filter(({ panel, state }) => panel && state === 'on');
  for (const shown of [...byId('panels').children])
    if (!wanted.some(({ id }) => id === shown.dataset.plugin)) shown.remove();
  for (const { id, mount, panel } of wanted) {
    if ([...byId('panels').children].some((shown) => shown.dataset.plugin === id)) continue;
    await import(panel.module);
    const placed = element(panel.element, { baseUrl: mount, path: pathOf(id) });
    placed.dataset.plugin = id;
    placed.addEventListener('fairlead-navigate', ({ detail }) => {
      location.hash = `${id}/${detail}`;
    });
    byId('panels').append(placed);
  }
}

/** The location in a panel is kept in the URL, as `#fairlead/environments/5`, and survives a reload. */
function pathOf(id) {
  return location.hash.startsWith(`#${id}/`) ? location.hash.slice(id.length + 2) : '';
}

/** Unchanged rows are kept: a button must not be replaced while it is pressed. */
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

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

byId('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault();
  event.submitter.disabled = true;
  await attempt(async () => {
    await call('POST', '/api/session', { password: byId('password').value });
    byId('password').value = '';
    show(true);
  });
  event.submitter.disabled = false;
});

byId('panels').addEventListener('fairlead-unauthorized', () => show(false));

addEventListener('hashchange', () => {
  for (const panel of byId('panels').children) panel.path = pathOf(panel.dataset.plugin);
});

byId('sign-out').addEventListener('click', () =>
  attempt(async () => {
    await call('DELETE', '/api/session');
    show(false);
  }),
);

call('GET', '/api/session').then(
  () => show(true),
  () => show(false),
);
