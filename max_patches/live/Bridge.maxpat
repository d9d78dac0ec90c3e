{
	"patcher": {
		"fileversion": 1,
		"appversion": {
			"major": 8,
			"minor": 6,
			"revision": 2,
			"architecture": "x64",
			"modernui": 1
		},
		"classnamespace": "box",
		"rect": [
			60.0,
			100.0,
			1640.0,
			1300.0
		],
		"bglocked": 0,
		"openinpresentation": 1,
		"default_fontsize": 10.0,
		"default_fontface": 0,
		"default_fontname": "Arial",
		"gridonopen": 1,
		"gridsize": [
			8.0,
			8.0
		],
		"boxanimatetime": 200,
		"enablehscroll": 1,
		"enablevscroll": 1,
		"devicewidth": 748.0,
		"description": "",
		"digest": "",
		"tags": "",
		"boxes": [
			{
				"box": {
					"id": "obj-1",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						40,
						445,
						185.6,
						22.0
					],
					"text": "js bridge_device.js max #0-take",
					"varname": "device"
				}
			},
			{
				"box": {
					"id": "obj-2",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 23,
					"outlettype": [
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						"",
						""
					],
					"patching_rect": [
						10,
						480,
						824.0,
						22.0
					],
					"text": "route osc port buffer menu status color led progress prompt negative state waveform region mono voice span interval bar once gate presets playing"
				}
			},
			{
				"box": {
					"id": "obj-3",
					"maxclass": "panel",
					"numinlets": 1,
					"numoutlets": 0,
					"outlettype": [],
					"patching_rect": [
						4.4,
						960,
						240,
						140
					],
					"presentation": 1,
					"presentation_rect": [
						4,
						4,
						240,
						140
					],
					"varname": "panel0",
					"background": 1,
					"rounded": 4,
					"mode": 0,
					"bgfillcolor_type": "color",
					"bgfillcolor_color": [
						0.16,
						0.17,
						0.19,
						1.0
					],
					"ignoreclick": 1
				}
			},
			{
				"box": {
					"id": "obj-4",
					"maxclass": "panel",
					"numinlets": 1,
					"numoutlets": 0,
					"outlettype": [],
					"patching_rect": [
						272.8,
						960,
						204,
						140
					],
					"presentation": 1,
					"presentation_rect": [
						248,
						4,
						204,
						140
					],
					"varname": "panel1",
					"background": 1,
					"rounded": 4,
					"mode": 0,
					"bgfillcolor_type": "color",
					"bgfillcolor_color": [
						0.16,
						0.17,
						0.19,
						1.0
					],
					"ignoreclick": 1
				}
			},
			{
				"box": {
					"id": "obj-5",
					"maxclass": "panel",
					"numinlets": 1,
					"numoutlets": 0,
					"outlettype": [],
					"patching_rect": [
						501.6,
						960,
						288,
						140
					],
					"presentation": 1,
					"presentation_rect": [
						456,
						4,
						288,
						140
					],
					"varname": "panel2",
					"background": 1,
					"rounded": 4,
					"mode": 0,
					"bgfillcolor_type": "color",
					"bgfillcolor_color": [
						0.16,
						0.17,
						0.19,
						1.0
					],
					"ignoreclick": 1
				}
			},
			{
				"box": {
					"id": "obj-6",
					"maxclass": "textedit",
					"numinlets": 1,
					"numoutlets": 4,
					"outlettype": [
						"",
						"int",
						"",
						""
					],
					"patching_rect": [
						10,
						40,
						228,
						42
					],
					"presentation": 1,
					"presentation_rect": [
						10,
						23,
						228,
						42
					],
					"varname": "prompt",
					"keymode": 1,
					"outputmode": 1,
					"hint": "what should be heard; Return or Render takes it",
					"bgcolor": [
						0.1,
						0.1,
						0.11,
						1.0
					],
					"textcolor": [
						0.95,
						0.95,
						0.95,
						1.0
					],
					"text": "",
					"border": 0.5,
					"wordwrap": 1,
					"nosymquotes": 1
				}
			},
			{
				"box": {
					"id": "obj-7",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						250,
						40,
						90.39999999999999,
						22.0
					],
					"text": "prepend prompt"
				}
			},
			{
				"box": {
					"id": "obj-8",
					"maxclass": "textedit",
					"numinlets": 1,
					"numoutlets": 4,
					"outlettype": [
						"",
						"int",
						"",
						""
					],
					"patching_rect": [
						40,
						100,
						198,
						20
					],
					"presentation": 1,
					"presentation_rect": [
						40,
						70,
						198,
						20
					],
					"varname": "negative",
					"keymode": 1,
					"outputmode": 1,
					"hint": "what should not be heard",
					"bgcolor": [
						0.1,
						0.1,
						0.11,
						1.0
					],
					"textcolor": [
						0.95,
						0.95,
						0.95,
						1.0
					],
					"text": "",
					"border": 0.5,
					"wordwrap": 1,
					"nosymquotes": 1
				}
			},
			{
				"box": {
					"id": "obj-9",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						280,
						100,
						101.6,
						22.0
					],
					"text": "prepend negative"
				}
			},
			{
				"box": {
					"id": "obj-10",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"outlettype": [],
					"patching_rect": [
						13.0,
						1118,
						112,
						14
					],
					"presentation": 1,
					"presentation_rect": [
						10,
						8,
						112,
						14
					],
					"text": "what should be heard"
				}
			},
			{
				"box": {
					"id": "obj-11",
					"maxclass": "umenu",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"int",
						"",
						""
					],
					"patching_rect": [
						1500,
						160,
						112,
						16
					],
					"presentation": 1,
					"presentation_rect": [
						126,
						6,
						112,
						16
					],
					"varname": "presets",
					"items": [
						"presets"
					],
					"truncate": 2
				}
			},
			{
				"box": {
					"id": "obj-12",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1500,
						190,
						90.39999999999999,
						22.0
					],
					"text": "prepend preset"
				}
			},
			{
				"box": {
					"id": "obj-13",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"outlettype": [],
					"patching_rect": [
						13.0,
						1183,
						26,
						14
					],
					"presentation": 1,
					"presentation_rect": [
						10,
						73,
						26,
						14
					],
					"text": "not"
				}
			},
			{
				"box": {
					"id": "obj-14",
					"maxclass": "live.menu",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						"float"
					],
					"patching_rect": [
						10,
						150,
						84,
						16
					],
					"presentation": 1,
					"presentation_rect": [
						10,
						98,
						84,
						16
					],
					"varname": "task",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Task",
							"parameter_shortname": "Task",
							"parameter_type": 2,
							"parameter_enum": [
								"generate",
								"loop",
								"restyle",
								"inpaint",
								"extend",
								"vary",
								"upsample"
							],
							"parameter_mmax": 6,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							],
							"parameter_invisible": 0,
							"parameter_annotation_name": "Task",
							"parameter_info": "what to do; all but generate and loop need a sound: a take, the selected clip, or a file"
						}
					},
					"parameter_enable": 1
				}
			},
			{
				"box": {
					"id": "obj-15",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						10,
						180,
						79.19999999999999,
						22.0
					],
					"text": "prepend task"
				}
			},
			{
				"box": {
					"id": "obj-16",
					"maxclass": "live.tab",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						"float"
					],
					"patching_rect": [
						130,
						150,
						140,
						16
					],
					"presentation": 1,
					"presentation_rect": [
						98,
						98,
						140,
						16
					],
					"varname": "unit",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Length",
							"parameter_shortname": "Length",
							"parameter_type": 2,
							"parameter_enum": [
								"seconds",
								"bars"
							],
							"parameter_mmax": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								1
							],
							"parameter_invisible": 0,
							"parameter_annotation_name": "Length",
							"parameter_info": "whether the length is given in seconds, or in bars at the set's tempo"
						}
					},
					"parameter_enable": 1,
					"num_lines_patching": 1,
					"num_lines_presentation": 1
				}
			},
			{
				"box": {
					"id": "obj-17",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						130,
						180,
						79.19999999999999,
						22.0
					],
					"text": "prepend unit"
				}
			},
			{
				"box": {
					"id": "obj-18",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						10,
						220,
						148,
						20
					],
					"presentation": 1,
					"presentation_rect": [
						10,
						120,
						148,
						20
					],
					"varname": "render",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Render",
							"parameter_shortname": "Render",
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							],
							"parameter_invisible": 0,
							"parameter_annotation_name": "Render",
							"parameter_info": "make it"
						}
					},
					"parameter_enable": 1,
					"mode": 0,
					"text": "Render",
					"texton": "Render"
				}
			},
			{
				"box": {
					"id": "obj-19",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						"bang"
					],
					"patching_rect": [
						10,
						248,
						32.0,
						22.0
					],
					"text": "t b"
				}
			},
			{
				"box": {
					"id": "obj-20",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"bang",
						"bang",
						"bang"
					],
					"patching_rect": [
						10,
						280,
						51.199999999999996,
						22.0
					],
					"text": "t b b b"
				}
			},
			{
				"box": {
					"id": "obj-21",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						10,
						310,
						51.199999999999996,
						22.0
					],
					"text": "render"
				}
			},
			{
				"box": {
					"id": "obj-22",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						170,
						220,
						76,
						20
					],
					"presentation": 1,
					"presentation_rect": [
						162,
						120,
						76,
						20
					],
					"varname": "cancel",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Cancel",
							"parameter_shortname": "Cancel",
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							],
							"parameter_invisible": 0,
							"parameter_annotation_name": "Cancel",
							"parameter_info": "stop what this device has asked for"
						}
					},
					"parameter_enable": 1,
					"mode": 0,
					"text": "Cancel",
					"texton": "Cancel"
				}
			},
			{
				"box": {
					"id": "obj-23",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						"bang"
					],
					"patching_rect": [
						170,
						248,
						32.0,
						22.0
					],
					"text": "t b"
				}
			},
			{
				"box": {
					"id": "obj-24",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						170,
						276,
						51.199999999999996,
						22.0
					],
					"text": "cancel"
				}
			},
			{
				"box": {
					"id": "obj-25",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						"float"
					],
					"patching_rect": [
						520.0,
						20.0,
						46,
						48
					],
					"presentation": 1,
					"presentation_rect": [
						254.0,
						6.0,
						46,
						48
					],
					"varname": "seconds",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Seconds",
							"parameter_shortname": "Seconds",
							"parameter_type": 0,
							"parameter_mmin": 0.05,
							"parameter_mmax": 60.0,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								5.12
							],
							"parameter_unitstyle": 9,
							"parameter_exponent": 3.0,
							"parameter_annotation_name": "Seconds",
							"parameter_info": "length; the take has exactly round(seconds * rate) frames",
							"parameter_units": "%.2f s"
						}
					},
					"parameter_enable": 1,
					"annotation": "length; the take has exactly round(seconds * rate) frames (0.05 to 60)"
				}
			},
			{
				"box": {
					"id": "obj-26",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						520.0,
						78.0,
						129.6,
						22.0
					],
					"text": "prepend param seconds"
				}
			},
			{
				"box": {
					"id": "obj-27",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						"float"
					],
					"patching_rect": [
						660.0,
						20.0,
						46,
						48
					],
					"presentation": 1,
					"presentation_rect": [
						302.0,
						6.0,
						46,
						48
					],
					"varname": "bars",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Bars",
							"parameter_shortname": "Bars",
							"parameter_type": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 64.0,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								4.0
							],
							"parameter_unitstyle": 1,
							"parameter_exponent": 2.0,
							"parameter_annotation_name": "Bars",
							"parameter_info": "loop: length in bars; 0 takes `seconds`"
						}
					},
					"parameter_enable": 1,
					"annotation": "loop: length in bars; 0 takes `seconds` (0 to 64)"
				}
			},
			{
				"box": {
					"id": "obj-28",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						660.0,
						78.0,
						112.8,
						22.0
					],
					"text": "prepend param bars"
				}
			},
			{
				"box": {
					"id": "obj-29",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						"float"
					],
					"patching_rect": [
						800.0,
						20.0,
						46,
						48
					],
					"presentation": 1,
					"presentation_rect": [
						350.0,
						6.0,
						46,
						48
					],
					"varname": "strength",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Strength",
							"parameter_shortname": "Strength",
							"parameter_type": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 1.0,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0.5
							],
							"parameter_unitstyle": 1,
							"parameter_exponent": 1.0,
							"parameter_annotation_name": "Strength",
							"parameter_info": "restyle: 0 leaves the clip as it is, 1 renders afresh"
						}
					},
					"parameter_enable": 1,
					"annotation": "restyle: 0 leaves the clip as it is, 1 renders afresh (0 to 1)"
				}
			},
			{
				"box": {
					"id": "obj-30",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						800.0,
						78.0,
						135.2,
						22.0
					],
					"text": "prepend param strength"
				}
			},
			{
				"box": {
					"id": "obj-31",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						"float"
					],
					"patching_rect": [
						940.0,
						20.0,
						46,
						48
					],
					"presentation": 1,
					"presentation_rect": [
						398.0,
						6.0,
						46,
						48
					],
					"varname": "takes",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Takes",
							"parameter_shortname": "Takes",
							"parameter_type": 1,
							"parameter_mmin": 1.0,
							"parameter_mmax": 16.0,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								1
							],
							"parameter_unitstyle": 0,
							"parameter_exponent": 1.0,
							"parameter_annotation_name": "Takes",
							"parameter_info": "how many results; take i uses seed + i"
						}
					},
					"parameter_enable": 1,
					"annotation": "how many results; take i uses seed + i (1 to 16)"
				}
			},
			{
				"box": {
					"id": "obj-32",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						940.0,
						78.0,
						118.39999999999999,
						22.0
					],
					"text": "prepend param takes"
				}
			},
			{
				"box": {
					"id": "obj-33",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						"float"
					],
					"patching_rect": [
						520.0,
						150.0,
						46,
						48
					],
					"presentation": 1,
					"presentation_rect": [
						254.0,
						56.0,
						46,
						48
					],
					"varname": "guidance",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Guidance",
							"parameter_shortname": "Guidance",
							"parameter_type": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 20.0,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								4.0
							],
							"parameter_unitstyle": 1,
							"parameter_exponent": 2.0,
							"parameter_annotation_name": "Guidance",
							"parameter_info": "how closely to follow the prompt; 1 or less switches guidance off"
						}
					},
					"parameter_enable": 1,
					"annotation": "how closely to follow the prompt; 1 or less switches guidance off (0 to 20)"
				}
			},
			{
				"box": {
					"id": "obj-34",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						520.0,
						208.0,
						135.2,
						22.0
					],
					"text": "prepend param guidance"
				}
			},
			{
				"box": {
					"id": "obj-35",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						"float"
					],
					"patching_rect": [
						660.0,
						150.0,
						46,
						48
					],
					"presentation": 1,
					"presentation_rect": [
						302.0,
						56.0,
						46,
						48
					],
					"varname": "steps",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Steps",
							"parameter_shortname": "Steps",
							"parameter_type": 1,
							"parameter_mmin": 1.0,
							"parameter_mmax": 200.0,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								25.0
							],
							"parameter_unitstyle": 0,
							"parameter_exponent": 2.0,
							"parameter_annotation_name": "Steps",
							"parameter_info": "denoising steps: more is finer and slower; the model's own if not given"
						}
					},
					"parameter_enable": 1,
					"annotation": "denoising steps: more is finer and slower; the model's own if not given (1 to 200)"
				}
			},
			{
				"box": {
					"id": "obj-36",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						660.0,
						208.0,
						118.39999999999999,
						22.0
					],
					"text": "prepend param steps"
				}
			},
			{
				"box": {
					"id": "obj-37",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1080,
						40,
						94,
						16
					],
					"presentation": 1,
					"presentation_rect": [
						352,
						60,
						94,
						16
					],
					"varname": "byhand",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "By hand",
							"parameter_shortname": "By hand",
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							],
							"parameter_invisible": 0,
							"parameter_annotation_name": "By hand",
							"parameter_info": "off: the model's own steps and guidance for the quality; on: those of the two knobs"
						}
					},
					"parameter_enable": 1,
					"mode": 1,
					"text": "by model",
					"texton": "by hand"
				}
			},
			{
				"box": {
					"id": "obj-38",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1080,
						68,
						90.39999999999999,
						22.0
					],
					"text": "prepend byhand"
				}
			},
			{
				"box": {
					"id": "obj-39",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1190,
						40,
						94,
						16
					],
					"presentation": 1,
					"presentation_rect": [
						352,
						80,
						94,
						16
					],
					"varname": "hold",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Hold seed",
							"parameter_shortname": "Hold seed",
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							],
							"parameter_invisible": 0,
							"parameter_annotation_name": "Hold seed",
							"parameter_info": "on: the seed of the sound that is shown, so that the next one differs by nothing but what you change"
						}
					},
					"parameter_enable": 1,
					"mode": 1,
					"text": "new seed",
					"texton": "hold seed"
				}
			},
			{
				"box": {
					"id": "obj-40",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1190,
						68,
						79.19999999999999,
						22.0
					],
					"text": "prepend hold"
				}
			},
			{
				"box": {
					"id": "obj-41",
					"maxclass": "live.tab",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						"float"
					],
					"patching_rect": [
						1300,
						40,
						192,
						16
					],
					"presentation": 1,
					"presentation_rect": [
						254,
						122,
						192,
						16
					],
					"varname": "quality",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Quality",
							"parameter_shortname": "Quality",
							"parameter_type": 2,
							"parameter_enum": [
								"draft",
								"normal",
								"best"
							],
							"parameter_mmax": 2,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								1
							],
							"parameter_invisible": 0,
							"parameter_annotation_name": "Quality",
							"parameter_info": "steps and guidance that are not given: the model's own for this"
						}
					},
					"parameter_enable": 1,
					"num_lines_patching": 1,
					"num_lines_presentation": 1
				}
			},
			{
				"box": {
					"id": "obj-42",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1300,
						100,
						135.2,
						22.0
					],
					"text": "prepend choice quality"
				}
			},
			{
				"box": {
					"id": "obj-43",
					"maxclass": "umenu",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"int",
						"",
						""
					],
					"patching_rect": [
						520,
						300,
						178,
						18
					],
					"presentation": 1,
					"presentation_rect": [
						462,
						10,
						178,
						18
					],
					"varname": "sounds",
					"items": [
						"no sound yet"
					],
					"truncate": 2
				}
			},
			{
				"box": {
					"id": "obj-44",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						520,
						330,
						90.39999999999999,
						22.0
					],
					"text": "prepend choose"
				}
			},
			{
				"box": {
					"id": "obj-45",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						720,
						300,
						18,
						18
					],
					"presentation": 1,
					"presentation_rect": [
						642,
						10,
						18,
						18
					],
					"varname": "previous",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Previous",
							"parameter_shortname": "Previous",
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							],
							"parameter_invisible": 0,
							"parameter_annotation_name": "Previous",
							"parameter_info": "the previous sound"
						}
					},
					"parameter_enable": 1,
					"mode": 0,
					"text": "<",
					"texton": "<"
				}
			},
			{
				"box": {
					"id": "obj-46",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						"bang"
					],
					"patching_rect": [
						720,
						328,
						32.0,
						22.0
					],
					"text": "t b"
				}
			},
			{
				"box": {
					"id": "obj-47",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						720,
						356,
						51.199999999999996,
						22.0
					],
					"text": "step -1"
				}
			},
			{
				"box": {
					"id": "obj-48",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						800,
						300,
						18,
						18
					],
					"presentation": 1,
					"presentation_rect": [
						662,
						10,
						18,
						18
					],
					"varname": "next",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Next",
							"parameter_shortname": "Next",
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							],
							"parameter_invisible": 0,
							"parameter_annotation_name": "Next",
							"parameter_info": "the next sound"
						}
					},
					"parameter_enable": 1,
					"mode": 0,
					"text": ">",
					"texton": ">"
				}
			},
			{
				"box": {
					"id": "obj-49",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						"bang"
					],
					"patching_rect": [
						800,
						328,
						32.0,
						22.0
					],
					"text": "t b"
				}
			},
			{
				"box": {
					"id": "obj-50",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						800,
						356,
						51.199999999999996,
						22.0
					],
					"text": "step 1"
				}
			},
			{
				"box": {
					"id": "obj-51",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"float",
						"bang"
					],
					"patching_rect": [
						880,
						250,
						118.39999999999999,
						22.0
					],
					"text": "buffer~ #0-take 100",
					"varname": "take"
				}
			},
			{
				"box": {
					"id": "obj-52",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						880,
						280,
						51.199999999999996,
						22.0
					],
					"text": "read"
				}
			},
			{
				"box": {
					"id": "obj-53",
					"maxclass": "waveform~",
					"numinlets": 5,
					"numoutlets": 6,
					"outlettype": [
						"float",
						"float",
						"float",
						"float",
						"list",
						""
					],
					"patching_rect": [
						880,
						120,
						218,
						62
					],
					"presentation": 1,
					"presentation_rect": [
						462,
						32,
						218,
						62
					],
					"varname": "waveform",
					"buffername": "#0-take",
					"setmode": 1,
					"bgcolor": [
						0.1,
						0.1,
						0.11,
						1.0
					],
					"waveformcolor": [
						1.0,
						0.71,
						0.2,
						1.0
					],
					"selectioncolor": [
						0.35,
						0.6,
						0.9,
						0.5
					],
					"labels": 0,
					"ticks": 0,
					"vticks": 0
				}
			},
			{
				"box": {
					"id": "obj-54",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						880,
						190,
						68.0,
						22.0
					],
					"text": "pack 0. 0."
				}
			},
			{
				"box": {
					"id": "obj-55",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						880,
						220,
						90.39999999999999,
						22.0
					],
					"text": "prepend region"
				}
			},
			{
				"box": {
					"id": "obj-56",
					"maxclass": "live.drop",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1100,
						160,
						38,
						18
					],
					"presentation": 1,
					"presentation_rect": [
						642,
						98,
						38,
						18
					],
					"varname": "drop",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "File",
							"parameter_shortname": "File",
							"parameter_type": 4,
							"parameter_invisible": 1
						}
					},
					"parameter_enable": 1,
					"legend": "file"
				}
			},
			{
				"box": {
					"id": "obj-57",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1100,
						190,
						79.19999999999999,
						22.0
					],
					"text": "prepend drop"
				}
			},
			{
				"box": {
					"id": "obj-58",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1180,
						160,
						58,
						18
					],
					"presentation": 1,
					"presentation_rect": [
						462,
						98,
						58,
						18
					],
					"varname": "play",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Play",
							"parameter_shortname": "Play",
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							],
							"parameter_invisible": 0,
							"parameter_annotation_name": "Play",
							"parameter_info": "play the sound, in time"
						}
					},
					"parameter_enable": 1,
					"mode": 1,
					"text": "play",
					"texton": "playing"
				}
			},
			{
				"box": {
					"id": "obj-59",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1180,
						188,
						79.19999999999999,
						22.0
					],
					"text": "prepend play"
				}
			},
			{
				"box": {
					"id": "obj-60",
					"maxclass": "live.tab",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						"float"
					],
					"patching_rect": [
						1260,
						160,
						114,
						18
					],
					"presentation": 1,
					"presentation_rect": [
						524,
						98,
						114,
						18
					],
					"varname": "mode",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Mode",
							"parameter_shortname": "Mode",
							"parameter_type": 2,
							"parameter_enum": [
								"once",
								"loop"
							],
							"parameter_mmax": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								1
							],
							"parameter_invisible": 0,
							"parameter_annotation_name": "Mode",
							"parameter_info": "loop: in time with the song, over and over; once: at the next bar"
						}
					},
					"parameter_enable": 1,
					"num_lines_patching": 1,
					"num_lines_presentation": 1
				}
			},
			{
				"box": {
					"id": "obj-61",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1260,
						190,
						79.19999999999999,
						22.0
					],
					"text": "prepend mode"
				}
			},
			{
				"box": {
					"id": "obj-62",
					"maxclass": "live.text",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1100,
						300,
						218.0,
						18.0
					],
					"presentation": 1,
					"presentation_rect": [
						462.0,
						120.0,
						218.0,
						18.0
					],
					"varname": "show",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Show",
							"parameter_shortname": "Show",
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							],
							"parameter_invisible": 0,
							"parameter_annotation_name": "Show",
							"parameter_info": "open the folder of the file, to drag it from there"
						}
					},
					"parameter_enable": 1,
					"mode": 0,
					"text": "Show",
					"texton": "Show"
				}
			},
			{
				"box": {
					"id": "obj-63",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						"bang"
					],
					"patching_rect": [
						1100,
						328,
						32.0,
						22.0
					],
					"text": "t b"
				}
			},
			{
				"box": {
					"id": "obj-64",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1100,
						356,
						51.199999999999996,
						22.0
					],
					"text": "reveal"
				}
			},
			{
				"box": {
					"id": "obj-65",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 0,
					"outlettype": [],
					"patching_rect": [
						40,
						540,
						135.2,
						22.0
					],
					"text": "udpsend 127.0.0.1 9630",
					"varname": "to_bridge"
				}
			},
			{
				"box": {
					"id": "obj-66",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						40,
						415,
						196.79999999999998,
						22.0
					],
					"text": "udpreceive 9650 @quiet 1 @defer 1",
					"varname": "from_bridge"
				}
			},
			{
				"box": {
					"id": "obj-67",
					"maxclass": "live.numbox",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						"float"
					],
					"patching_rect": [
						260,
						540,
						50,
						15
					],
					"presentation": 1,
					"presentation_rect": [
						694,
						149,
						50,
						15
					],
					"varname": "port",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Port",
							"parameter_shortname": "Port",
							"parameter_type": 0,
							"parameter_mmin": 1.0,
							"parameter_mmax": 65535.0,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								9630
							],
							"parameter_unitstyle": 0,
							"parameter_invisible": 1,
							"parameter_annotation_name": "Port",
							"parameter_info": "the port that the bridge listens at (bridge serve --osc-port)"
						}
					},
					"parameter_enable": 1,
					"appearance": 0
				}
			},
			{
				"box": {
					"id": "obj-68",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						"int"
					],
					"patching_rect": [
						260,
						570,
						32.0,
						22.0
					],
					"text": "t i"
				}
			},
			{
				"box": {
					"id": "obj-69",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						260,
						600,
						79.19999999999999,
						22.0
					],
					"text": "prepend port"
				}
			},
			{
				"box": {
					"id": "obj-70",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"outlettype": [],
					"patching_rect": [
						863.2,
						1259,
						28,
						15
					],
					"presentation": 1,
					"presentation_rect": [
						664,
						149,
						28,
						15
					],
					"text": "port"
				}
			},
			{
				"box": {
					"id": "obj-71",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"outlettype": [],
					"patching_rect": [
						7.800000000000001,
						1258,
						16,
						16
					],
					"presentation": 1,
					"presentation_rect": [
						6,
						148,
						16,
						16
					],
					"text": "\u25cf",
					"fontsize": 12.0,
					"textcolor": [
						0.5,
						0.5,
						0.5,
						1.0
					]
				}
			},
			{
				"box": {
					"id": "obj-72",
					"maxclass": "live.comment",
					"numinlets": 1,
					"numoutlets": 0,
					"outlettype": [],
					"patching_rect": [
						28.6,
						1259,
						520,
						16
					],
					"presentation": 1,
					"presentation_rect": [
						22,
						149,
						520,
						16
					],
					"text": "loading ...",
					"textjustification": 0
				}
			},
			{
				"box": {
					"id": "obj-73",
					"maxclass": "slider",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						400,
						540,
						108,
						9
					],
					"presentation": 1,
					"presentation_rect": [
						548,
						152,
						108,
						9
					],
					"varname": "progress",
					"floatoutput": 1,
					"size": 1.0,
					"min": 0.0,
					"ignoreclick": 1,
					"orientation": 1,
					"thickness": 100.0
				}
			},
			{
				"box": {
					"id": "obj-74",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						"bang"
					],
					"patching_rect": [
						100,
						310,
						56.8,
						22.0
					],
					"text": "loadbang"
				}
			},
			{
				"box": {
					"id": "obj-75",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						100,
						335,
						56.8,
						22.0
					],
					"text": "deferlow"
				}
			},
			{
				"box": {
					"id": "obj-76",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"bang",
						"bang"
					],
					"patching_rect": [
						40,
						360,
						40.0,
						22.0
					],
					"text": "t b b"
				}
			},
			{
				"box": {
					"id": "obj-77",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 4,
					"outlettype": [
						"int",
						"float",
						"int",
						"int"
					],
					"patching_rect": [
						140,
						360,
						62.4,
						22.0
					],
					"text": "dspstate~"
				}
			},
			{
				"box": {
					"id": "obj-78",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						140,
						390,
						79.19999999999999,
						22.0
					],
					"text": "prepend rate"
				}
			},
			{
				"box": {
					"id": "obj-79",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						""
					],
					"patching_rect": [
						240,
						360,
						68.0,
						22.0
					],
					"text": "pattr kept",
					"varname": "kept"
				}
			},
			{
				"box": {
					"id": "obj-80",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						240,
						390,
						84.8,
						22.0
					],
					"text": "prepend state"
				}
			},
			{
				"box": {
					"id": "obj-81",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"bang"
					],
					"patching_rect": [
						340,
						300,
						118.39999999999999,
						22.0
					],
					"text": "metro 200 @active 1"
				}
			},
			{
				"box": {
					"id": "obj-82",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 9,
					"outlettype": [
						"int",
						"int",
						"float",
						"float",
						"float",
						"",
						"int",
						"float",
						""
					],
					"patching_rect": [
						340,
						330,
						62.4,
						22.0
					],
					"text": "transport"
				}
			},
			{
				"box": {
					"id": "obj-83",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						340,
						360,
						84.8,
						22.0
					],
					"text": "prepend tempo"
				}
			},
			{
				"box": {
					"id": "obj-84",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						430,
						360,
						84.8,
						22.0
					],
					"text": "prepend meter"
				}
			},
			{
				"box": {
					"id": "obj-85",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						520,
						360,
						107.19999999999999,
						22.0
					],
					"text": "prepend transport"
				}
			},
			{
				"box": {
					"id": "obj-86",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						800,
						440,
						112.8,
						22.0
					],
					"text": "phasor~ 1n @lock 1"
				}
			},
			{
				"box": {
					"id": "obj-87",
					"maxclass": "newobj",
					"numinlets": 3,
					"numoutlets": 2,
					"outlettype": [
						"signal",
						"signal"
					],
					"patching_rect": [
						840,
						480,
						129.6,
						22.0
					],
					"text": "wave~ #0-take 0. 0. 2"
				}
			},
			{
				"box": {
					"id": "obj-88",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						940,
						440,
						56.8,
						22.0
					],
					"text": "pack 0 8"
				}
			},
			{
				"box": {
					"id": "obj-89",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"signal",
						"bang"
					],
					"patching_rect": [
						985,
						490,
						40.0,
						22.0
					],
					"text": "line~"
				}
			},
			{
				"box": {
					"id": "obj-90",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						860,
						510,
						45.599999999999994,
						22.0
					],
					"text": "delta~"
				}
			},
			{
				"box": {
					"id": "obj-91",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						860,
						540,
						45.599999999999994,
						22.0
					],
					"text": "!=~ 0."
				}
			},
			{
				"box": {
					"id": "obj-92",
					"maxclass": "newobj",
					"numinlets": 3,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						860,
						570,
						112.8,
						22.0
					],
					"text": "rampsmooth~ 32 256"
				}
			},
			{
				"box": {
					"id": "obj-93",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						940,
						510,
						32.0,
						22.0
					],
					"text": "*~"
				}
			},
			{
				"box": {
					"id": "obj-94",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"signal",
						"signal",
						"bang"
					],
					"patching_rect": [
						1000,
						520,
						96.0,
						22.0
					],
					"text": "play~ #0-take 2"
				}
			},
			{
				"box": {
					"id": "obj-95",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"bang"
					],
					"patching_rect": [
						1000,
						400,
						129.6,
						22.0
					],
					"text": "metro 1n @quantize 1n"
				}
			},
			{
				"box": {
					"id": "obj-96",
					"maxclass": "newobj",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"bang",
						"bang"
					],
					"patching_rect": [
						1000,
						430,
						40.0,
						22.0
					],
					"text": "t b b"
				}
			},
			{
				"box": {
					"id": "obj-97",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1000,
						460,
						51.199999999999996,
						22.0
					],
					"text": "start 0"
				}
			},
			{
				"box": {
					"id": "obj-98",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1060,
						460,
						51.199999999999996,
						22.0
					],
					"text": "0"
				}
			},
			{
				"box": {
					"id": "obj-99",
					"maxclass": "message",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1120,
						560,
						51.199999999999996,
						22.0
					],
					"text": "ended"
				}
			},
			{
				"box": {
					"id": "obj-100",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						760,
						600,
						40.0,
						22.0
					],
					"text": "*~ 0."
				}
			},
			{
				"box": {
					"id": "obj-101",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						700,
						560,
						32.0,
						22.0
					],
					"text": "+~"
				}
			},
			{
				"box": {
					"id": "obj-102",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						820,
						560,
						32.0,
						22.0
					],
					"text": "+~"
				}
			},
			{
				"box": {
					"id": "obj-103",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						700,
						520,
						32.0,
						22.0
					],
					"text": "*~"
				}
			},
			{
				"box": {
					"id": "obj-104",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						780,
						520,
						32.0,
						22.0
					],
					"text": "*~"
				}
			},
			{
				"box": {
					"id": "obj-105",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						820,
						630,
						32.0,
						22.0
					],
					"text": "+~"
				}
			},
			{
				"box": {
					"id": "obj-106",
					"maxclass": "live.gain~",
					"numinlets": 2,
					"numoutlets": 5,
					"outlettype": [
						"signal",
						"signal",
						"",
						"float",
						"list"
					],
					"patching_rect": [
						700,
						680,
						52,
						132
					],
					"presentation": 1,
					"presentation_rect": [
						686,
						8,
						52,
						132
					],
					"varname": "volume",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Volume",
							"parameter_shortname": "Volume",
							"parameter_type": 0,
							"parameter_mmin": -70.0,
							"parameter_mmax": 6.0,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							],
							"parameter_unitstyle": 4,
							"parameter_invisible": 0,
							"parameter_annotation_name": "Volume",
							"parameter_info": "how loud the device plays"
						}
					},
					"parameter_enable": 1,
					"channels": 2
				}
			},
			{
				"box": {
					"id": "obj-107",
					"maxclass": "newobj",
					"numinlets": 2,
					"numoutlets": 0,
					"outlettype": [],
					"patching_rect": [
						700,
						840,
						56.8,
						22.0
					],
					"text": "dac~ 1 2"
				}
			}
		],
		"lines": [
			{
				"patchline": {
					"source": [
						"obj-1",
						0
					],
					"destination": [
						"obj-2",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-6",
						0
					],
					"destination": [
						"obj-7",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-7",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						8
					],
					"destination": [
						"obj-6",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-8",
						0
					],
					"destination": [
						"obj-9",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-9",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						9
					],
					"destination": [
						"obj-8",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						20
					],
					"destination": [
						"obj-11",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-11",
						0
					],
					"destination": [
						"obj-12",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-12",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-14",
						0
					],
					"destination": [
						"obj-15",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-15",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-16",
						0
					],
					"destination": [
						"obj-17",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-17",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-18",
						0
					],
					"destination": [
						"obj-19",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-19",
						0
					],
					"destination": [
						"obj-20",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-20",
						0
					],
					"destination": [
						"obj-21",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-21",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-20",
						1
					],
					"destination": [
						"obj-6",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-20",
						2
					],
					"destination": [
						"obj-8",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-22",
						0
					],
					"destination": [
						"obj-23",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-23",
						0
					],
					"destination": [
						"obj-24",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-24",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-25",
						0
					],
					"destination": [
						"obj-26",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-26",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-27",
						0
					],
					"destination": [
						"obj-28",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-28",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-29",
						0
					],
					"destination": [
						"obj-30",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-30",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-31",
						0
					],
					"destination": [
						"obj-32",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-32",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-33",
						0
					],
					"destination": [
						"obj-34",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-34",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-35",
						0
					],
					"destination": [
						"obj-36",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-36",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-37",
						0
					],
					"destination": [
						"obj-38",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-38",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-39",
						0
					],
					"destination": [
						"obj-40",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-40",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-41",
						0
					],
					"destination": [
						"obj-42",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-42",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						3
					],
					"destination": [
						"obj-43",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-43",
						0
					],
					"destination": [
						"obj-44",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-44",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-45",
						0
					],
					"destination": [
						"obj-46",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-46",
						0
					],
					"destination": [
						"obj-47",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-47",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-48",
						0
					],
					"destination": [
						"obj-49",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-49",
						0
					],
					"destination": [
						"obj-50",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-50",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						2
					],
					"destination": [
						"obj-51",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-51",
						1
					],
					"destination": [
						"obj-52",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-52",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						11
					],
					"destination": [
						"obj-53",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						12
					],
					"destination": [
						"obj-53",
						2
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-53",
						2
					],
					"destination": [
						"obj-54",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-53",
						3
					],
					"destination": [
						"obj-54",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-54",
						0
					],
					"destination": [
						"obj-55",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-55",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-56",
						0
					],
					"destination": [
						"obj-57",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-57",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-58",
						0
					],
					"destination": [
						"obj-59",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-59",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						21
					],
					"destination": [
						"obj-58",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-60",
						0
					],
					"destination": [
						"obj-61",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-61",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-62",
						0
					],
					"destination": [
						"obj-63",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-63",
						0
					],
					"destination": [
						"obj-64",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-64",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-66",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						0
					],
					"destination": [
						"obj-65",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						1
					],
					"destination": [
						"obj-66",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-67",
						0
					],
					"destination": [
						"obj-68",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-68",
						0
					],
					"destination": [
						"obj-69",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-69",
						0
					],
					"destination": [
						"obj-65",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						6
					],
					"destination": [
						"obj-71",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						4
					],
					"destination": [
						"obj-72",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						5
					],
					"destination": [
						"obj-72",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						7
					],
					"destination": [
						"obj-73",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-74",
						0
					],
					"destination": [
						"obj-75",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-75",
						0
					],
					"destination": [
						"obj-76",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-76",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-76",
						1
					],
					"destination": [
						"obj-77",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-77",
						1
					],
					"destination": [
						"obj-78",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-78",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						10
					],
					"destination": [
						"obj-79",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-79",
						0
					],
					"destination": [
						"obj-80",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-80",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-81",
						0
					],
					"destination": [
						"obj-82",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-82",
						4
					],
					"destination": [
						"obj-83",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-83",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-82",
						5
					],
					"destination": [
						"obj-84",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-84",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-82",
						6
					],
					"destination": [
						"obj-85",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-85",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						16
					],
					"destination": [
						"obj-86",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						15
					],
					"destination": [
						"obj-87",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-86",
						0
					],
					"destination": [
						"obj-87",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						19
					],
					"destination": [
						"obj-88",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-88",
						0
					],
					"destination": [
						"obj-89",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-86",
						0
					],
					"destination": [
						"obj-90",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-90",
						0
					],
					"destination": [
						"obj-91",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-91",
						0
					],
					"destination": [
						"obj-92",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-92",
						0
					],
					"destination": [
						"obj-93",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-89",
						0
					],
					"destination": [
						"obj-93",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						17
					],
					"destination": [
						"obj-95",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						18
					],
					"destination": [
						"obj-94",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-95",
						0
					],
					"destination": [
						"obj-96",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-96",
						0
					],
					"destination": [
						"obj-97",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-97",
						0
					],
					"destination": [
						"obj-94",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-96",
						1
					],
					"destination": [
						"obj-98",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-98",
						0
					],
					"destination": [
						"obj-95",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-94",
						2
					],
					"destination": [
						"obj-99",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-99",
						0
					],
					"destination": [
						"obj-1",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-87",
						0
					],
					"destination": [
						"obj-103",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-93",
						0
					],
					"destination": [
						"obj-103",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-103",
						0
					],
					"destination": [
						"obj-101",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-94",
						0
					],
					"destination": [
						"obj-101",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-87",
						1
					],
					"destination": [
						"obj-104",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-93",
						0
					],
					"destination": [
						"obj-104",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-104",
						0
					],
					"destination": [
						"obj-102",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-94",
						1
					],
					"destination": [
						"obj-102",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-2",
						13
					],
					"destination": [
						"obj-100",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-101",
						0
					],
					"destination": [
						"obj-100",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-102",
						0
					],
					"destination": [
						"obj-105",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-100",
						0
					],
					"destination": [
						"obj-105",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-101",
						0
					],
					"destination": [
						"obj-106",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-105",
						0
					],
					"destination": [
						"obj-106",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-106",
						0
					],
					"destination": [
						"obj-107",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-106",
						1
					],
					"destination": [
						"obj-107",
						1
					]
				}
			}
		],
		"dependency_cache": [],
		"autosave": 0,
		"parameters": {
			"obj-14": [
				"Task",
				"Task",
				0
			],
			"obj-16": [
				"Length",
				"Length",
				0
			],
			"obj-18": [
				"Render",
				"Render",
				0
			],
			"obj-22": [
				"Cancel",
				"Cancel",
				0
			],
			"obj-25": [
				"Seconds",
				"Seconds",
				0
			],
			"obj-27": [
				"Bars",
				"Bars",
				0
			],
			"obj-29": [
				"Strength",
				"Strength",
				0
			],
			"obj-31": [
				"Takes",
				"Takes",
				0
			],
			"obj-33": [
				"Guidance",
				"Guidance",
				0
			],
			"obj-35": [
				"Steps",
				"Steps",
				0
			],
			"obj-37": [
				"By hand",
				"By hand",
				0
			],
			"obj-39": [
				"Hold seed",
				"Hold seed",
				0
			],
			"obj-41": [
				"Quality",
				"Quality",
				0
			],
			"obj-45": [
				"Previous",
				"Previous",
				0
			],
			"obj-48": [
				"Next",
				"Next",
				0
			],
			"obj-56": [
				"File",
				"File",
				0
			],
			"obj-58": [
				"Play",
				"Play",
				0
			],
			"obj-60": [
				"Mode",
				"Mode",
				0
			],
			"obj-62": [
				"Show",
				"Show",
				0
			],
			"obj-67": [
				"Port",
				"Port",
				0
			],
			"obj-106": [
				"Volume",
				"Volume",
				0
			],
			"parameterbanks": {
				"0": {
					"index": 0,
					"name": "",
					"parameters": [
						"Seconds",
						"Bars",
						"Strength",
						"Takes",
						"Guidance",
						"Steps",
						"Play",
						"Render"
					]
				}
			},
			"inherited_shortname": 1
		}
	}
}
