import test from 'ava';
import { ApiError } from '../../../../plugin/ui-panel/api/client.js';
import { FormState } from '../../../../plugin/ui-panel/elements/form-state.js';

const badRequest = (text: string) => new ApiError('bad-request', text, 400);

test('form: lists edited fields, without those that equal the saved value again', (t) => {
  const form = new FormState({ name: 'a', tags: '' });
  form.set('name', 'b');
  form.set('tags', 'x');
  t.deepEqual(form.changed, ['name', 'tags']);
  form.set('name', 'a');
  t.deepEqual(form.changed, ['tags']);
  form.reset();
  t.deepEqual([form.changed, form.value('tags')], [[], '']);
});

test('form: loaded values replace fields without edits', (t) => {
  const form = new FormState({ name: 'a', tags: '' });
  form.set('tags', 'mine');
  form.load({ name: 'b', tags: 'theirs' });
  t.deepEqual([form.value('name'), form.value('tags'), form.changed], ['b', 'mine', ['tags']]);
  form.load({ name: 'b', tags: 'mine' });
  t.deepEqual(form.changed, []);
});

test('form: an error is at the field that the hub names, until it is edited', (t) => {
  const form = new FormState({ name: 'a', tags: '' });
  t.true(form.refuse(badRequest('tags.0: too long: 65')));
  t.deepEqual(form.fault, { field: 'tags', message: 'too long: 65' });
  form.set('name', 'b');
  t.truthy(form.fault);
  form.set('tags', 'x');
  t.is(form.fault, null);
});

test('form: an error without a field is of the whole form', (t) => {
  const form = new FormState({ name: 'a' });
  t.false(form.refuse(badRequest('other: malformed')));
  t.deepEqual(form.fault, { field: null, message: 'other: malformed' });
  t.false(form.refuse(new ApiError('store-unwritable', 'name: the disk is full', 503)));
  t.is(form.fault?.field, null);
  t.true(form.refuse(new ApiError('name-taken', 'Taken', 409), { 'name-taken': 'name' }));
  t.deepEqual(form.fault, { field: 'name', message: 'Taken' });
});
