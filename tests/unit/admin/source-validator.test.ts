import { createSourceCheck } from '../../../admin/src/builder/source-check';
import { createSourceValidator } from '../../../admin/src/builder/source-validator';

const validate = (source: unknown) => {
  const check = createSourceCheck();
  check.tell(['file']);

  return () => createSourceValidator(check)([[], [], { modifiedData: { options: { source } } }]);
};

describe('finishing a torrent field in the Content-Type Builder', () => {
  it.each([['file'], [''], [undefined]])('is possible with the source %j', (source) => {
    expect(validate(source)()).toEqual({});
  });

  it('is possible where no option was touched', () => {
    expect(createSourceValidator(createSourceCheck())([[], [], {}])).toEqual({});
  });

  it('is refused with a source that is no media attribute, in the form of a yup error', () => {
    let thrown: unknown = null;
    try {
      validate('title')();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      name: 'ValidationError',
      inner: [{ path: 'options.source', message: 'bittorrent.options.source.invalid' }],
    });
  });
});
