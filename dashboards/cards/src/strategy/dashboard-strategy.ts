// The dashboard that is made of what there is.
import type { Hass } from "../lib/hass";
import { askHouse } from "./house";
import { viewsOf, type Options, type View } from "./views";

export interface Dashboard {
  title: string;
  views: View[];
}

/** Returns the dashboard's configuration, as Home Assistant asks a strategy for it. */
export async function generateDashboard(
  options: Options,
  hass: Hass,
): Promise<Dashboard> {
  return { title: "Maestra", views: viewsOf(await askHouse(hass), options) };
}
