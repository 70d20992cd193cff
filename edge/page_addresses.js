// Viewer request -> the page that is meant.
//
// A folder, /en/, is answered with /en/index.html. Any other spelling of its address (/en, /EN/, //en//, /%65n) is
// redirected to it, and a page's address without its ending (/en/about) to the page (/en/about.html), both with
// their query string. Files, the API and whatever has other signs stay as they are.
// A redirect's path is made of plain names only, so it never leads to another site.
//
// Source: CloudFront Developer Guide, "CloudFront Functions event structure" and "JavaScript runtime 2.0
// features": path and query string come as the viewer wrote them; a changed path changes no cache behaviour.

const PLAIN_NAME = /^[A-Za-z0-9_-]+$/;
// An edition, and in it an issue (its name begins with its day), the archive, the topics, one of these; a preview.
const FOLDER = /^(?:[^/]+\/(?:(?:\d[^/]*|archive|topics|topics\/[^/]+)\/)?|drafts\/[^/]+\/(?:[^/]+\/){0,2})?$/;

function handler(event) {
  const request = event.request;
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
