// What the cards use of Home Assistant's `hass` object.

export interface HassEntity {
  entity_id: string;
  state: string;
  attributes: Readonly<Record<string, unknown>>;
}

export interface RegistryEntity {
  entity_id: string;
  device_id?: string | null;
  area_id?: string | null;
  platform?: string;
  entity_category?: string | null;
  hidden?: boolean;
  translation_key?: string;
}

export interface RegistryDevice {
  id: string;
  name: string | null;
  name_by_user?: string | null;
  area_id?: string | null;
  via_device_id?: string | null;
  model?: string | null;
  identifiers?: readonly (readonly [string, string])[];
}

export interface Area {
  area_id: string;
  name: string;
  icon?: string | null;
  floor_id?: string | null;
}

export interface Connection {
  subscribeMessage<Event>(
    this: Connection,
    callback: (event: Event) => void,
    message: Message,
  ): Promise<() => Promise<void>>;
  sendMessagePromise<Answer>(message: Message): Promise<Answer>;
}

export interface Message {
  type: string;
  [key: string]: unknown;
}

export interface Locale {
  language: string;
  number_format?: string;
  time_format?: string;
}

export interface Hass {
  connection: Connection;
  states: Readonly<Record<string, HassEntity | undefined>>;
  entities: Readonly<Record<string, RegistryEntity | undefined>>;
  devices: Readonly<Record<string, RegistryDevice | undefined>>;
  areas: Readonly<Record<string, Area | undefined>>;
  locale: Locale;
  /** Where the house is. */
  config?: { latitude: number; longitude: number };
  /** Another object when other colours are shown. */
  themes?: unknown;
  user?: { is_admin: boolean };
  callService(
    domain: string,
    service: string,
    data: Record<string, unknown>,
    target?: Record<string, unknown>,
    notifyOnError?: boolean,
    returnResponse?: boolean,
  ): Promise<unknown>;
  /** Asks Home Assistant's server for a page of its own, as who is logged in. */
  fetchWithAuth(path: string, init?: RequestInit): Promise<Response>;
  loadBackendTranslation?(
    category: string,
    integration: string,
  ): Promise<unknown>;
  localize(key: string, values?: Record<string, unknown>): string;
}

/** What every card has in its YAML. */
export interface CardConfig {
  type: string;
  /** What the user has made of its size in a sections view. */
  grid_options?: GridOptions;
}

/** What a feature is of: the tile's entity. */
export interface FeatureContext {
  entity_id?: string;
}

/** Size in a sections view. */
export interface GridOptions {
  columns?: number | "full";
  rows?: number | "auto";
  min_columns?: number;
  min_rows?: number;
}

/** A field of a form that Home Assistant draws. */
export interface FormField {
  name: string;
  selector: Record<string, unknown>;
  required?: boolean;
}

export interface Form {
  schema: readonly FormField[];
  computeLabel(field: FormField): string;
  computeHelper?(field: FormField): string | undefined;
}

export interface Suggestion {
  config: CardConfig & Record<string, unknown>;
}

interface CustomBadge {
  type: string;
  readonly name: string;
  readonly description: string;
  preview: boolean;
  documentationURL: string;
}

interface CustomFeature {
  type: string;
  readonly name: string;
  isSupported: (hass: Hass, context: FeatureContext) => boolean;
}

interface CustomCard extends CustomBadge {
  getEntitySuggestion?:
    ((hass: Hass, entityId: string) => Suggestion | null) | undefined;
}

interface CustomStrategy {
  type: string;
  strategyType: string;
  name: string;
  readonly description: string;
  documentationURL: string;
}

declare global {
  interface Window {
    customBadges?: CustomBadge[];
    customCardFeatures?: CustomFeature[];
    customCards?: CustomCard[];
    customStrategies?: CustomStrategy[];
  }
}
