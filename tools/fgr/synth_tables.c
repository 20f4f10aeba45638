/* SPDX-License-Identifier: MIT */
#include "tools/fgr/synth_tables.h"

#define CURVE(points)                             \
    {                                             \
        points, sizeof(points) / sizeof *(points) \
    }

/* Live channels of a live node, from the largest node down. */
static const struct fgr_synth_point live_degree[] = {
    {72, 1864},   {215, 1170},  {358, 915},   {502, 836},   {645, 550},   {1935, 465},
    {2508, 372},  {2651, 309},  {3081, 277},  {4657, 215},  {6091, 185},  {9530, 134},
    {14976, 101}, {20135, 79},  {28017, 59},  {48366, 39},  {71009, 26},  {84480, 21},
    {86486, 21},  {87203, 20},  {91359, 20},  {91932, 19},  {107409, 16}, {110705, 16},
    {110992, 15}, {118587, 15}, {118874, 14}, {125466, 14}, {125752, 13}, {134064, 13},
    {134208, 12}, {141946, 12}, {142018, 11}, {152193, 11}, {152193, 10}, {163084, 10},
    {163084, 9},  {179278, 9},  {179278, 8},  {195471, 8},  {195471, 7},  {217254, 7},
    {217254, 6},  {244339, 6},  {244339, 5},  {279163, 5},  {279163, 4},  {331327, 4},
    {331327, 3},  {410433, 3},  {410433, 2},  {542562, 2},  {542562, 1},  {1000000, 1},
};
const struct fgr_synth_curve fgr_synth_live_degree = CURVE(live_degree);

/* Channels of a dead node, from the largest node down. */
static const struct fgr_synth_point dead_degree[] = {
    {48, 177},   {145, 151},  {532, 116},  {628, 93},   {1305, 65},   {2368, 52},  {4591, 39},
    {5268, 32},  {7491, 25},  {9617, 19},  {14063, 15}, {16866, 14},  {17253, 13}, {26049, 10},
    {27305, 10}, {27499, 9},  {31171, 9},  {31268, 8},  {38227, 8},   {38324, 7},  {46733, 7},
    {46781, 6},  {59733, 6},  {59733, 5},  {82641, 5},  {82641, 4},   {118693, 4}, {118693, 3},
    {191572, 3}, {191572, 2}, {378214, 2}, {378214, 1}, {1000000, 1},
};
const struct fgr_synth_curve fgr_synth_dead_degree = CURVE(dead_degree);

/* Dead channels of a live node, from the one with most down. */
static const struct fgr_synth_point stale_degree[] = {
    {72, 1399}, {215, 790}, {502, 370},  {1218, 143}, {2221, 78},  {2938, 56},  {4514, 33},
    {5661, 25}, {8813, 15}, {13829, 10}, {16552, 8},  {18272, 8},  {18558, 7},  {20278, 7},
    {20421, 6}, {23861, 6}, {24004, 5},  {31169, 5},  {31313, 4},  {39625, 4},  {39696, 3},
    {57323, 3}, {57323, 2}, {90427, 2},  {90427, 1},  {180567, 1}, {180567, 0}, {1000000, 0},
};
const struct fgr_synth_curve fgr_synth_stale_degree = CURVE(stale_degree);

/* Channels of a pair that has more than one. */
static const struct fgr_synth_point multiplicity[] = {
    {0, 2},      {723975, 2}, {723975, 3},  {854890, 3},  {854890, 4},  {921924, 4},
    {921924, 5}, {950315, 5}, {950315, 6},  {961356, 6},  {961356, 7},  {971609, 7},
    {971609, 8}, {976341, 8}, {981861, 11}, {988170, 11}, {998028, 29}, {999606, 40},
};
const struct fgr_synth_curve fgr_synth_multiplicity = CURVE(multiplicity);

/* clang-format off */
const uint16_t fgr_synth_live_affinity[FGR_SYNTH_LIVE_GROUPS][FGR_SYNTH_LIVE_GROUPS] = {
    {48, 77, 64, 57, 46, 39, 41, 50, 46, 89, 28, 203, 2600},
    {77, 141, 96, 105, 84, 67, 55, 74, 74, 187, 67, 346, 8},
    {64, 96, 98, 104, 92, 74, 57, 74, 80, 194, 93, 309, 8},
    {57, 105, 104, 94, 97, 79, 68, 85, 95, 164, 120, 239, 8},
    {46, 84, 92, 97, 107, 100, 89, 96, 100, 136, 130, 156, 2},
    {39, 67, 74, 79, 100, 100, 112, 105, 107, 131, 148, 111, 2},
    {41, 55, 57, 68, 89, 112, 124, 117, 130, 114, 117, 65, 2},
    {50, 74, 74, 85, 96, 105, 117, 126, 131, 91, 120, 48, 1},
    {46, 74, 80, 95, 100, 107, 130, 131, 121, 72, 99, 38, 1},
    {89, 187, 194, 164, 136, 131, 114, 91, 72, 28, 63, 13, 2},
    {28, 67, 93, 120, 130, 148, 117, 120, 99, 63, 33, 62, 0},
    {203, 346, 309, 239, 156, 111, 65, 48, 38, 13, 62, 9, 0},
    {2600, 8, 8, 8, 2, 2, 2, 1, 1, 2, 0, 0, 0},
};

const uint16_t fgr_synth_dead_affinity[FGR_SYNTH_DEAD_GROUPS][FGR_SYNTH_DEAD_GROUPS] = {
    {92, 63, 56, 59, 55, 85, 99, 105, 178, 233},
    {63, 121, 77, 74, 73, 95, 105, 119, 136, 161},
    {56, 77, 91, 94, 94, 100, 156, 110, 123, 143},
    {59, 74, 94, 97, 134, 141, 170, 106, 108, 97},
    {55, 73, 94, 134, 172, 184, 171, 83, 78, 66},
    {85, 95, 100, 141, 184, 204, 172, 51, 31, 19},
    {99, 105, 156, 170, 171, 172, 106, 30, 23, 8},
    {105, 119, 110, 106, 83, 51, 30, 186, 143, 53},
    {178, 136, 123, 108, 78, 31, 23, 143, 28, 6},
    {233, 161, 143, 97, 66, 19, 8, 53, 6, 1},
};
/* clang-format on */

const uint16_t fgr_synth_one_way_permille[FGR_SYNTH_LIVE_GROUPS] = {
    225, 125, 85, 65, 50, 38, 14, 10, 10, 10, 10, 10, 10,
};

const uint16_t fgr_synth_several_permille[FGR_SYNTH_SEVERAL_STEPS] = {36, 46, 52, 135, 800};

/* Capacity in sat of a live channel, ascending. */
static const struct fgr_synth_point live_capacity[] = {
    {15, 10000},         {44, 10000},         {74, 13567},         {546, 15000},
    {620, 20000},        {45408, 20000},      {49110, 30000},      {52518, 50000},
    {57386, 50000},      {65353, 100000},     {87334, 100000},     {93264, 150000},
    {96333, 150000},     {98339, 200000},     {106836, 200000},    {110406, 250000},
    {115540, 250000},    {117487, 300000},    {122621, 300000},    {127253, 400000},
    {134364, 400000},    {139645, 500000},    {167881, 500000},    {192075, 1000000},
    {298085, 1000000},   {308205, 1100000},   {311628, 1100000},   {327383, 1500000},
    {338713, 1500000},   {350839, 2000000},   {428525, 2000000},   {432656, 2100000},
    {437140, 2100000},   {445343, 2500000},   {459062, 2500000},   {466379, 3000000},
    {508483, 3000000},   {523973, 4000000},   {548550, 4000000},   {560558, 5000000},
    {660520, 5000000},   {676187, 6000000},   {687192, 6000000},   {695129, 7000000},
    {699938, 7000000},   {706429, 8000000},   {715457, 8000000},   {725843, 10000000},
    {818930, 10000000},  {830909, 12000000},  {836043, 12000000},  {843832, 15000000},
    {854454, 15000000},  {856696, 16000000},  {865636, 16000000},  {868114, 16777215},
    {877880, 16777215},  {881067, 20000000},  {897767, 20000000},  {903579, 25000000},
    {914407, 25000000},  {916708, 30000000},  {921636, 30000000},  {929927, 50000000},
    {954917, 50000000},  {962706, 100000000}, {974803, 100000000}, {980070, 175555010},
    {980497, 200000000}, {986959, 200000000}, {989777, 300000000}, {992196, 334000000},
    {992816, 400000000}, {993538, 500000000}, {999970, 500000000}, {999985, 720000000},
};
const struct fgr_synth_curve fgr_synth_live_capacity = CURVE(live_capacity);

/* Capacity in sat of a dead channel, ascending. */
static const struct fgr_synth_point dead_capacity[] = {
    {0, 1050},           {9814, 1050},        {9814, 1100},         {18327, 1100},
    {23736, 1400},       {23766, 1500},       {34585, 1500},        {34880, 2000},
    {57464, 2000},       {63996, 3000},       {68696, 5000},        {83535, 5000},
    {84452, 6789},       {85604, 10000},      {109311, 10000},      {110937, 12935},
    {116583, 20000},     {231806, 20000},     {243748, 25000},      {256341, 25000},
    {262134, 30000},     {274017, 30000},     {285545, 40000},      {292462, 40000},
    {301212, 50000},     {342654, 50000},     {353710, 60000},      {369376, 60000},
    {395684, 90000},     {400709, 90000},     {409104, 100000},     {500798, 100000},
    {521017, 150000},    {529648, 150000},    {543837, 200000},     {581023, 200000},
    {597399, 250000},    {614189, 250000},    {632043, 300000},     {650488, 300000},
    {670884, 400000},    {679870, 400000},    {689743, 500000},     {738812, 500000},
    {777653, 1000000},   {845285, 1000000},   {862371, 1500000},    {870943, 1500000},
    {876500, 2000000},   {902690, 2000000},   {915992, 3000000},    {924387, 3000000},
    {928761, 4000000},   {936920, 4000000},   {941531, 5000000},    {959917, 5000000},
    {970943, 9090000},   {971800, 10000000},  {981969, 10000000},   {991871, 16777215},
    {995123, 22000000},  {996482, 30000000},  {996660, 50000000},   {998138, 53700000},
    {998492, 90000000},  {999557, 100000000}, {999675, 200000000},  {999793, 202408666},
    {999852, 390000000}, {999911, 394000000}, {999970, 1000000000},
};
const struct fgr_synth_curve fgr_synth_dead_capacity = CURVE(dead_capacity);

const struct fgr_synth_size fgr_synth_live_size[FGR_SYNTH_LIVE_GROUPS] = {
    {-455, 200}, {-315, 215}, {-285, 205}, {-195, 210}, {-112, 200}, {0, 195},  {50, 180},
    {150, 210},  {240, 350},  {420, 330},  {800, 140},  {590, 110},  {-405, 0},
};

const struct fgr_synth_size fgr_synth_dead_size[FGR_SYNTH_DEAD_GROUPS] = {
    {-80, 250}, {-25, 260},  {-3, 280},  {15, 290},  {-25, 330},
    {-90, 320}, {-300, 360}, {250, 230}, {250, 240}, {130, 310},
};

const uint16_t fgr_synth_pair_noise_q10[FGR_SYNTH_LIVE_GROUPS] = {
    100, 250, 300, 340, 340, 350, 350, 420, 450, 500, 400, 400, 100,
};

/* Base fee in msat where it is not the usual one of its node. */
static const struct fgr_synth_point other_base[] = {
    {0, 0},
    {283234, 0},
    {283234, 1},
    {357338, 1},
    {377351, 7},
    {381611, 10},
    {402347, 10},
    {436827, 80},
    {441730, 100},
    {475647, 100},
    {517119, 500},
    {552162, 500},
    {582543, 1000},
    {829609, 1000},
    {856936, 2000},
    {886674, 2000},
    {934576, 10000},
    {959010, 10000},
    {990275, 101000},
    {994615, 720000},
    {997348, 1000000},
    {998794, 5000000},
    {999920, 10000000},
};
const struct fgr_synth_curve fgr_synth_other_base = CURVE(other_base);

/* Per mille of a node's channels with such another value. */
static const struct fgr_synth_point stray_base[] = {
    {0, 0}, {541667, 0}, {544040, 7}, {564610, 27}, {978112, 611}, {999736, 915},
};
const struct fgr_synth_curve fgr_synth_stray_base = CURVE(stray_base);

/* CLTV delta in blocks where it is not the usual one of its node. */
static const struct fgr_synth_point other_cltv[] = {
    {0, 18},       {26493, 18},   {49521, 40},    {302629, 40},  {339923, 80},
    {715101, 80},  {729978, 100}, {789281, 100},  {827797, 144}, {990218, 144},
    {995211, 300}, {998472, 500}, {999898, 1444},
};
const struct fgr_synth_curve fgr_synth_other_cltv = CURVE(other_cltv);

/* Per mille of a node's channels with such another value. */
static const struct fgr_synth_point stray_cltv[] = {
    {0, 0}, {669304, 0}, {669568, 1}, {670095, 7}, {993935, 545}, {999736, 666},
};
const struct fgr_synth_curve fgr_synth_stray_cltv = CURVE(stray_cltv);

/* htlc_minimum in msat where it is not the usual one of its node. */
static const struct fgr_synth_point other_htlc_min[] = {
    {0, 0},
    {236274, 0},
    {236274, 1},
    {280150, 1},
    {283787, 10},
    {284256, 100},
    {297865, 120},
    {307015, 823},
    {307602, 1000},
    {510793, 1000},
    {556898, 7142},
    {558893, 10000},
    {594322, 10000},
    {623885, 100000},
    {766542, 100000},
    {794815, 500000},
    {795401, 1000000},
    {969967, 1000000},
    {985101, 10000000},
    {994252, 10000888},
    {996598, 50000000},
    {997067, 100000000},
    {998710, 500000000},
    {999648, 3674057310},
    {999883, 5940000000},
};
const struct fgr_synth_curve fgr_synth_other_htlc_min = CURVE(other_htlc_min);

/* Per mille of a node's channels with such another value. */
static const struct fgr_synth_point stray_htlc_min[] = {
    {0, 0},        {516878, 0},   {517141, 1},   {517669, 6},   {580432, 29},
    {804061, 118}, {953850, 375}, {999209, 741}, {999736, 875},
};
const struct fgr_synth_curve fgr_synth_stray_htlc_min = CURVE(stray_htlc_min);

/* The same for the way htlc_maximum is chosen. */
static const struct fgr_synth_point stray_max[] = {
    {0, 0}, {233122, 0}, {233386, 5}, {234968, 12}, {329905, 76}, {901635, 333}, {999736, 615},
};
const struct fgr_synth_curve fgr_synth_stray_max = CURVE(stray_max);

/* htlc_maximum per mille of the capacity where it is neither 99 % nor all of it. */
static const struct fgr_synth_point max_ratio[] = {
    {0, 0},        {49569, 0},    {49609, 1},    {58389, 1},    {58549, 2},
    {65653, 2},    {67170, 3},    {117617, 16},  {333453, 285}, {433589, 450},
    {598898, 450}, {846983, 900}, {927522, 900}, {999960, 999},
};
const struct fgr_synth_curve fgr_synth_max_ratio = CURVE(max_ratio);

/* Fee in ppm where it is not the usual one of its node. */
static const struct fgr_synth_point other_ppm[] = {
    {0, 0},          {36966, 0},       {36966, 1},       {76092, 1},       {76109, 2},
    {83603, 2},      {83738, 3},       {91537, 4},       {108754, 8},      {112349, 10},
    {132705, 10},    {214368, 50},     {227331, 50},     {287219, 100},    {312369, 100},
    {389035, 200},   {407670, 200},    {559584, 500},    {600466, 500},    {676524, 800},
    {688542, 800},   {731011, 1000},   {767335, 1000},   {941209, 3520},   {948619, 4000},
    {962325, 4000},  {985669, 7025},   {993265, 13644},  {995966, 30000},  {997215, 50000},
    {999308, 63178}, {999814, 100000}, {999848, 150000}, {999949, 500000}, {999983, 1000000},
};
const struct fgr_synth_curve fgr_synth_other_ppm = CURVE(other_ppm);

/* Per mille of its channels that bear a node's usual ppm: 2 to 4 channels. */
static const struct fgr_synth_point share_few[] = {
    {279, 250},    {33780, 250},  {36572, 333},  {85706, 333},   {85985, 500},    {249023, 500},
    {249023, 666}, {319933, 666}, {353713, 750}, {353992, 1000}, {1000000, 1000},
};

/* Per mille of its channels that bear a node's usual ppm: 5 to 16 channels. */
static const struct fgr_synth_point share_some[] = {
    {412, 66},
    {719342, 1000},
    {1000000, 1000},
};

/* Per mille of its channels that bear a node's usual ppm: 17 to 64 channels. */
static const struct fgr_synth_point share_many[] = {
    {921, 30}, {72744, 95}, {794659, 733}, {906077, 1000}, {1000000, 1000},
};

/* Per mille of its channels that bear a node's usual ppm: 65 to 256 channels. */
static const struct fgr_synth_point share_hub[] = {
    {3247, 24},    {16234, 30},    {48701, 61},     {392857, 212},
    {860390, 882}, {922078, 1000}, {1000000, 1000},
};

/* The same: more than 256 channels. */
static const struct fgr_synth_point share_top[] = {
    {20833, 132}, {395833, 340}, {562500, 845}, {875000, 1000}, {1000000, 1000},
};
const struct fgr_synth_curve fgr_synth_main_share[FGR_SYNTH_SHARES] = {
    CURVE(share_few), CURVE(share_some), CURVE(share_many), CURVE(share_hub), CURVE(share_top),
};

/* Usual ppm of a node: base fee 1000, small. */
static const struct fgr_synth_point ppm_lnd_small[] = {
    {142, 0},      {17730, 0},     {17872, 1},     {890780, 1},     {905957, 15},
    {941135, 215}, {985106, 1025}, {996738, 5000}, {999574, 17900}, {999858, 100000},
};

/* Usual ppm of a node: base fee 1000, medium. */
static const struct fgr_synth_point ppm_lnd_medium[] = {
    {0, 0},         {105288, 0},    {105288, 1},    {569001, 1},     {580118, 10},
    {620931, 10},   {649436, 40},   {650627, 50},   {679689, 50},    {680324, 100},
    {733047, 100},  {745276, 200},  {786565, 200},  {860966, 723},   {875020, 1000},
    {906940, 1000}, {922503, 2500}, {948229, 2500}, {999921, 10000},
};

/* Usual ppm of a node: base fee 1000, large. */
static const struct fgr_synth_point ppm_lnd_large[] = {
    {0, 0},         {37402, 0},     {37402, 1},     {466381, 1},    {466595, 3},     {467166, 3},
    {467595, 10},   {472305, 10},   {473162, 25},   {481585, 25},   {482013, 75},    {501285, 100},
    {533762, 499},  {768879, 499},  {768879, 500},  {857816, 500},  {866238, 1000},  {902355, 1000},
    {911206, 2000}, {942612, 2000}, {944183, 2500}, {977587, 2500}, {999929, 10000},
};

/* Usual ppm of a node: cltv 34, small. */
static const struct fgr_synth_point ppm_cln_small[] = {
    {0, 0},         {31250, 0},     {31250, 1},     {78125, 1},    {98438, 5},
    {109375, 10},   {837500, 10},   {848438, 32},   {859375, 100}, {887500, 100},
    {967188, 1340}, {995312, 4000}, {998438, 8248},
};

/* Usual ppm of a node: cltv 34, medium. */
static const struct fgr_synth_point ppm_cln_medium[] = {
    {0, 0},          {75306, 0},     {75306, 1},     {150613, 1},    {176883, 10},
    {534151, 10},    {540718, 17},   {544221, 50},   {597198, 100},  {642732, 100},
    {723292, 450},   {770578, 450},  {770578, 500},  {887916, 500},  {898424, 1000},
    {936077, 1000},  {938704, 2000}, {964974, 2000}, {980298, 4067}, {998687, 14000},
    {999562, 99999},
};

/* Usual ppm of a node: neither, small. */
static const struct fgr_synth_point ppm_own_small[] = {
    {0, 0},         {152727, 0},     {152727, 1},     {323636, 1},      {361818, 5},
    {363636, 10},   {410909, 10},    {453333, 50},    {490909, 50},     {516364, 100},
    {584242, 100},  {612121, 200},   {638788, 200},   {669091, 300},    {694545, 300},
    {744242, 500},  {793939, 500},   {830303, 1000},  {886061, 1000},   {953333, 4311},
    {975152, 7500}, {989697, 10000}, {993333, 21000}, {998182, 100000}, {999394, 1000000},
};

/* Usual ppm of a node: neither, medium. */
static const struct fgr_synth_point ppm_own_medium[] = {
    {0, 0},           {167255, 0},       {167255, 1},       {336965, 1},     {379546, 9},
    {379623, 10},     {450514, 10},      {532147, 50},      {562068, 50},    {582477, 100},
    {636029, 100},    {764769, 500},     {810035, 500},     {829523, 1000},  {874789, 1000},
    {906706, 2500},   {937701, 2500},    {982277, 6000},    {996087, 10000}, {997622, 21000},
    {999156, 100000}, {999463, 1000000}, {999923, 1000000},
};

/* Usual ppm of a node: neither, large. */
static const struct fgr_synth_point ppm_own_large[] = {
    {0, 0},         {119944, 0},    {119944, 1},     {328488, 1},     {329563, 2},   {330321, 5},
    {342202, 5},    {346183, 10},   {418352, 10},    {453046, 51},    {458923, 100}, {611855, 100},
    {648382, 175},  {674419, 175},  {705131, 500},   {817366, 500},   {873799, 999}, {889282, 2000},
    {952730, 2000}, {994376, 5000}, {994755, 15000}, {999937, 15000},
};
const struct fgr_synth_curve fgr_synth_main_ppm[FGR_SYNTH_STYLES][FGR_SYNTH_SIZES] = {
    {CURVE(ppm_lnd_small), CURVE(ppm_lnd_medium), CURVE(ppm_lnd_large)},
    {CURVE(ppm_cln_small), CURVE(ppm_cln_medium), CURVE(ppm_cln_medium)},
    {CURVE(ppm_own_small), CURVE(ppm_own_medium), CURVE(ppm_own_large)},
};

static const struct fgr_synth_habit habits_small[] = {
    {419, FGR_SYNTH_MAX_99, 80, 1000, 1000},   {97, FGR_SYNTH_MAX_99, 40, 1000, 1000},
    {45, FGR_SYNTH_MAX_99, 80, 0, 1000},       {44, FGR_SYNTH_MAX_OTHER, 80, 1000, 1000},
    {34, FGR_SYNTH_MAX_99, 40, 0, 1000},       {32, FGR_SYNTH_MAX_99, 34, 1000, 1},
    {28, FGR_SYNTH_MAX_99, 100, 1000, 1000},   {19, FGR_SYNTH_MAX_99, 40, 1000, 1},
    {16, FGR_SYNTH_MAX_OTHER, 40, 1000, 1000}, {13, FGR_SYNTH_MAX_OTHER, 34, 1000, 1},
    {12, FGR_SYNTH_MAX_OTHER, 40, 1000, 1},    {12, FGR_SYNTH_MAX_99, 100, 0, 1000},
    {11, FGR_SYNTH_MAX_99, 80, 1, 1000},       {9, FGR_SYNTH_MAX_OTHER, 80, 0, 1000},
    {9, FGR_SYNTH_MAX_99, 34, 0, 1},           {9, FGR_SYNTH_MAX_ALL, 80, 1000, 1000},
    {8, FGR_SYNTH_MAX_ALL, 40, 1000, 1000},    {7, FGR_SYNTH_MAX_99, 144, 1000, 1000},
    {7, FGR_SYNTH_MAX_99, 144, 0, 1000},       {6, FGR_SYNTH_MAX_99, 40, 1, 1000},
};

static const struct fgr_synth_habit habits_medium[] = {
    {149, FGR_SYNTH_MAX_99, 80, 1000, 1000},    {109, FGR_SYNTH_MAX_99, 80, 0, 1000},
    {76, FGR_SYNTH_MAX_99, 40, 0, 1000},        {74, FGR_SYNTH_MAX_99, 40, 1000, 1000},
    {66, FGR_SYNTH_MAX_99, 100, 1000, 1000},    {58, FGR_SYNTH_MAX_99, 100, 0, 1000},
    {43, FGR_SYNTH_MAX_99, 34, 0, 1},           {39, FGR_SYNTH_MAX_99, 144, 1000, 1000},
    {33, FGR_SYNTH_MAX_99, 144, 0, 1000},       {21, FGR_SYNTH_MAX_99, 34, 1000, 1},
    {19, FGR_SYNTH_MAX_OTHER, 80, 0, 1000},     {16, FGR_SYNTH_MAX_99, 80, 1, 1000},
    {14, FGR_SYNTH_MAX_OTHER, 144, 1000, 1000}, {11, FGR_SYNTH_MAX_OTHER, 144, 0, 1000},
    {11, FGR_SYNTH_MAX_OTHER, 100, 0, 1000},    {9, FGR_SYNTH_MAX_99, 40, 0, 1},
    {6, FGR_SYNTH_MAX_99, 140, 2000, 100},      {6, FGR_SYNTH_MAX_OTHER, 80, 0, 1000000},
    {6, FGR_SYNTH_MAX_OTHER, 80, 1000, 1000},   {4, FGR_SYNTH_MAX_OTHER, 40, 0, 100},
    {4, FGR_SYNTH_MAX_OTHER, 80, 0, 100000},    {4, FGR_SYNTH_MAX_99, 80, 500, 1000},
    {4, FGR_SYNTH_MAX_99, 60, 0, 1000},         {4, FGR_SYNTH_MAX_99, 80, 0, 9000},
};

static const struct fgr_synth_habit habits_large[] = {
    {146, FGR_SYNTH_MAX_99, 80, 0, 1000},    {113, FGR_SYNTH_MAX_99, 80, 1000, 1000},
    {71, FGR_SYNTH_MAX_99, 144, 0, 1000},    {60, FGR_SYNTH_MAX_OTHER, 144, 1000, 1},
    {59, FGR_SYNTH_MAX_99, 40, 0, 1000},     {51, FGR_SYNTH_MAX_99, 100, 1000, 1000},
    {35, FGR_SYNTH_MAX_99, 100, 0, 1000},    {33, FGR_SYNTH_MAX_OTHER, 80, 1000, 1000},
    {29, FGR_SYNTH_MAX_99, 144, 1000, 1000}, {25, FGR_SYNTH_MAX_99, 34, 0, 1},
    {25, FGR_SYNTH_MAX_99, 18, 1000, 1000},  {22, FGR_SYNTH_MAX_99, 40, 1000, 1000},
    {18, FGR_SYNTH_MAX_OTHER, 144, 0, 1000}, {17, FGR_SYNTH_MAX_OTHER, 40, 0, 1000},
    {17, FGR_SYNTH_MAX_OTHER, 144, 0, 1},    {17, FGR_SYNTH_MAX_99, 51, 1, 1000},
    {16, FGR_SYNTH_MAX_99, 18, 1, 1000},     {16, FGR_SYNTH_MAX_99, 89, 0, 1000000},
    {15, FGR_SYNTH_MAX_OTHER, 80, 0, 1000},  {13, FGR_SYNTH_MAX_99, 144, 0, 100000},
    {9, FGR_SYNTH_MAX_99, 144, 0, 5000},     {9, FGR_SYNTH_MAX_99, 200, 500, 1000},
    {8, FGR_SYNTH_MAX_99, 80, 0, 1},         {8, FGR_SYNTH_MAX_99, 120, 0, 1000},
    {7, FGR_SYNTH_MAX_OTHER, 18, 0, 5000},   {7, FGR_SYNTH_MAX_99, 222, 1000, 1000},
    {6, FGR_SYNTH_MAX_99, 80, 200, 1000},    {6, FGR_SYNTH_MAX_99, 34, 33, 1},
};

const struct fgr_synth_habits fgr_synth_habits[FGR_SYNTH_SIZES] = {
    {habits_small, sizeof habits_small / sizeof *habits_small},
    {habits_medium, sizeof habits_medium / sizeof *habits_medium},
    {habits_large, sizeof habits_large / sizeof *habits_large},
};
