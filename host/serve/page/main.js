// Puts the page together: the list on the left, one photo beside it, and what the server tells.
import { ask } from './api.js';
import { details, refresh } from './details.js';
import { listen } from './events.js';
import { begin, byId, choose, happened, settled, watch } from './photos.js';
import { ACCEPT, upload } from './upload.js';

const $ = (selector) => document.querySelector(selector);

/** Files from the button or the desktop. The first one is shown as soon as the server knows it. */
function take(files) {
  if (files.length === 0) return;
  const begun = [...files].map((file) => {
    const told = begin(file);
    upload(file, told);
    return told.photo;
  });
  $('#none').hidden = true;
  const wide = matchMedia('(min-width: 56rem)').matches;
  awaited = wide || begun.length === 1 ? begun[0] : undefined;
}
let awaited;

watch((photo) => {
  if (photo === awaited && photo.imageId) {
    awaited = undefined;
    location.hash = photo.imageId;
  }
  refresh(photo);
  if (['completed', 'failed', 'refused'].includes(photo.status)) announce(photo);
});

/** Outcomes, for who doesn't see them; once each, and none of those that were there before. */
const announced = new WeakSet();
function announce(photo) {
  if (announced.has(photo)) return;
  announced.add(photo);
  if (ready) $('#news').textContent = `${photo.name}: ${photo.status}${photo.reason ? `, ${photo.reason}` : ''}`;
}
let ready = false;

/** The photo that the address names. */
function follow() {
  const imageId = location.hash.slice(1);
  const photo = byId(imageId);
  choose(imageId);
  document.body.classList.toggle('chosen', Boolean(photo));
  details(photo);
}

const PAGE = 50;
let next;

/** The next page of earlier photos. */
async function earlier() {
  const page = await (await ask(`/images?limit=${PAGE}${next ? `&before=${next}` : ''}`)).json();
  for (const item of page.images) settled(item, { last: true });
  next = page.next;
  $('#more').hidden = !next;
  $('#none').hidden = $('#list').childElementCount > 0;
}

function drops() {
  const area = $('#drop');
  // Dropped anywhere: the browser would leave the page otherwise.
  let depth = 0;
  const over = (change) => area.classList.toggle('over', (depth = Math.max(0, depth + change)) > 0);
  addEventListener('dragenter', (event) => { event.preventDefault(); over(1); });
  addEventListener('dragleave', () => over(-1));
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    over(-depth);
    take(event.dataTransfer.files);
  });
  addEventListener('paste', ({ clipboardData }) => take(clipboardData.files));
  $('#files').accept = ACCEPT;
  $('#choose').addEventListener('click', () => $('#files').click());
  $('#files').addEventListener('change', ({ target }) => {
    take(target.files);
    target.value = '';
  });
}

drops();
addEventListener('hashchange', () => {
  follow();
  if (document.body.classList.contains('chosen')) $('#details').focus({ preventScroll: true });
  scrollTo({ top: 0 });
});
// Its address would be taken for a photo's.
$('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  $('#details').focus();
});
$('#more').addEventListener('click', earlier);
try {
  await earlier();
} catch (error) {
  $('#link').textContent = error.message;
}
follow();
ready = true;
listen(happened, (up) => { $('#link').textContent = up ? '' : 'The server does not answer. Trying again.'; });
