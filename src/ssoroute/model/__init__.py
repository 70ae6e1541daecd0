"""Values and their text: what profiles, devices, requests and decisions are made of."""
