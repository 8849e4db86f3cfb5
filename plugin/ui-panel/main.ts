import { defineElement } from './elements/define-element.js';
import { FairleadPanel } from './panel.js';

defineElement('fairlead-panel', FairleadPanel);
