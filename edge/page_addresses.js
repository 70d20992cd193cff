// Viewer request -> the page that is meant.
//
// A folder, /en/, is answered with /en/index.html. Any other spelling of its address (/en, /EN/, //en//, /%65n) is
// redirected to it, and a page's address without its ending (/en/about) to the page (/en/about.html), both with
// their query string. Files, the API and whatever has other signs stay as they are.
// A redirect's path is made of plain names only, so it never leads to another site.
//
// Before that, an address of the old site is redirected to the page that redirects.toml names for it, without its
// query. `redirects` is the key-value store of these, or null; the template defines it in front of this text. A
// request reads at most two keys, one for an issue's page none. If a read fails, there is no redirect.
//
// `home` is the name to which readers of the site's other names are sent, or ''; the template defines it, too.
//
// Source: CloudFront Developer Guide, "CloudFront Functions event structure", "JavaScript runtime 2.0 features" and
// "Helper methods for key value stores": path and query string come as the viewer wrote them; a changed path changes
// no cache behaviour; get() fails for a key that is not there.

const PLAIN_NAME = /^[A-Za-z0-9_-]+$/;
// An edition, and in it an issue (its name begins with its day), the archive, the topics, one of these; a preview.
const FOLDER = /^(?:[^/]+\/(?:(?:\d[^/]*|archive|topics|topics\/[^/]+)\/)?|drafts\/[^/]+\/(?:[^/]+\/){0,2})?$/;
// What infrastructure/redirects.py takes for no old address: files, previews and issues of ours.
const OURS = /^\/(?:(?:api|assets|drafts|media|sitemaps)(?:\/|$)|_|[a-z]{2,3}\/\d{4}-\d\d-\d\d)/;
const ON_THIS_SITE = /^\/(?![/\\])[A-Za-z0-9._/-]*$/;
const LONGEST_PATH = 2048;
// The rules of infrastructure/old_addresses.py.
const CAPITALS = /[A-Z\u0400-\u042F]/g;
const ADDED = [
  [/^\/index\.php((?:\/[\s\S]*)?)$/, '$1'],
  [/^([\s\S]*)\/index\.(?:html?|php)$/, '$1'],
  [/^(\/[\s\S]+)\/(?:amp|embed|trackback)$/, '$1'],
  [/^([\s\S]*\/feed)\/(?:rss2?|rdf|atom)$/, '$1'],
  [/^(?!\/[a-z]{2,3}\/feed$)(\/[\s\S]+)\/feed$/, '$1'],
  [/^(\/[\s\S]+)\/(?:page\/|comment-page-)[0-9]{1,6}$/, '$1'],
  [/^\/page\/[0-9]{1,6}$/, '/page'],
];
const QUERY_NAMES = ['p', 'page_id', 'attachment_id', 'cat', 'lang', 'm'];
const QUERY_VALUE = /^[A-Za-z0-9_-]{1,64}$/;

async function handler(event) {
  const request = event.request;
  const written = request.uri + writtenQuery(request.querystring);
  const address = redirects ? await newAddress(request) : '';
  const answer = address ? redirect(address) : page(request);
  if (!home || request.headers.host.value.toLowerCase() === home.toLowerCase()) {
    return answer;
  }
  return redirect('https://' + home + (answer.statusCode ? answer.headers.location.value : written));
}

// The page to which an address of the old site leads; '' if it is none.
async function newAddress(request) {
  if (request.uri.length > LONGEST_PATH || OURS.test(request.uri)) {
    return '';
  }
  const path = normalisedPath(request.uri);
  const field = countingField(request.querystring);
  return (field && (await stored(path + '?' + field))) || (path !== '/' && (await stored(path))) || '';
}

async function stored(key) {
  try {
    const address = await redirects.get(key);
    return ON_THIS_SITE.test(address) ? address : '';
  } catch (error) {
    return '';
  }
}

function normalisedPath(written) {
  const names = decoded(written).split('/').filter((name) => name);
  const small = names.map((name) => '/' + name).join('').replace(CAPITALS, (letter) => letter.toLowerCase());
  return ADDED.reduce((path, rule) => path.replace(rule[0], rule[1]), small) || '/';
}

function countingField(fields) {
  const pairs = QUERY_NAMES.map((name) => [name, lastValue(fields[name])]);
  const counting = pairs.find((pair) => QUERY_VALUE.test(pair[1]));
  return counting ? counting[0] + '=' + counting[1].toLowerCase() : '';
}

function lastValue(field) {
  const values = field ? field.multiValue || [field] : [{ value: '' }];
  return values[values.length - 1].value;
}

function page(request) {
  const names = folderNames(request.uri);
  if (names[0] === 'api' || !names.every((name) => PLAIN_NAME.test(name))) {
    return request;
  }
  const folder = names.map((name) => name + '/').join('');
  const address = '/' + (FOLDER.test(folder) ? folder : names.join('/') + '.html');
  if (request.uri !== address) {
    return redirect(address + writtenQuery(request.querystring));
  }
  request.uri += 'index.html';
  return request;
}

// The names between a path's slashes, the first in small letters: it is a language, or "drafts".
function folderNames(path) {
  const names = decoded(path).split('/').filter((name) => name);
  return names.map((name, place) => (place ? name : name.toLowerCase()));
}

function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    return path;
  }
}

function writtenQuery(fields) {
  const pairs = [];
  for (const name in fields) {
    (fields[name].multiValue || [fields[name]]).forEach((one) => pairs.push(name + '=' + one.value));
  }
  return pairs.length ? '?' + pairs.join('&') : '';
}

function redirect(location) {
  return {
    statusCode: 301,
    statusDescription: 'Moved Permanently',
    headers: { location: { value: location }, 'cache-control': { value: 'public, max-age=3600' } },
  };
}
