import test from 'ava';
import { ApiError } from '../../../../plugin/ui-panel/api/client.js';
import { FormState } from '../../../../plugin/ui-panel/elements/form-state.js';

const badRequest = (words: string) => new ApiError('bad-request', words, 400);

test('form: tells what was edited, and not what is as it was again', (t) => {
  const form = new FormState({ name: 'a', tags: '' });
  form.set('name', 'b');
  form.set('tags', 'x');
  t.deepEqual(form.changed, ['name', 'tags']);
  form.set('name', 'a');
  t.deepEqual(form.changed, ['tags']);
  form.reset();
  t.deepEqual([form.changed, form.value('tags')], [[], '']);
});

test('form: what comes from the hub replaces what nobody has edited', (t) => {
  const form = new FormState({ name: 'a', tags: '' });
  form.set('tags', 'mine');
  form.load({ name: 'b', tags: 'theirs' });
  t.deepEqual([form.value('name'), form.value('tags'), form.changed], ['b', 'mine', ['tags']]);
  form.load({ name: 'b', tags: 'mine' });
  t.deepEqual(form.changed, []);
});

test('form: a refusal is at the field that the hub names, until that is edited', (t) => {
  const form = new FormState({ name: 'a', tags: '' });
  t.true(form.refuse(badRequest('tags.0: too long: 65')));
  t.deepEqual(form.fault, { field: 'tags', message: 'too long: 65' });
  form.set('name', 'b');
  t.truthy(form.fault);
  form.set('tags', 'x');
  t.is(form.fault, null);
});

test('form: a refusal of something else concerns all of it', (t) => {
  const form = new FormState({ name: 'a' });
  t.false(form.refuse(badRequest('other: malformed')));
  t.deepEqual(form.fault, { field: null, message: 'other: malformed' });
  t.false(form.refuse(new ApiError('store-unwritable', 'name: the disk is full', 503)));
  t.is(form.fault?.field, null);
  t.true(form.refuse(new ApiError('name-taken', 'Taken', 409), { 'name-taken': 'name' }));
  t.deepEqual(form.fault, { field: 'name', message: 'Taken' });
});
